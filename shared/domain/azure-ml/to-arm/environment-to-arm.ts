import { parseYaml } from '../../yaml/parse-yaml.ts';
import type { EnvironmentDraft } from '../draft/drafts.ts';
import { present } from '../draft/present.ts';

/** Payload of an environment version, as Azure ML's tools send it before its build context is uploaded. */
export function environmentToArm(draft: EnvironmentDraft): Record<string, unknown> {
  return {
    properties: {
      ...present({
        description: draft.description,
        image: draft.image,
        condaFile: draft.condaFile,
        inferenceConfig: draft.inferenceConfig,
        osType: draft.osType,
      }),
      ...(draft.build === undefined
        ? {}
        : { build: { contextUri: draft.build.context, ...present({ dockerfilePath: draft.build.dockerfilePath }) } }),
      tags: draft.tags,
      properties: draft.properties,
      isAnonymous: false,
      isArchived: false,
    },
  };
}

/**
 * What Azure ML's tools know of an environment that a job brings along, before they register it: the conda file is an
 * object here, and the environment's own name doesn't count.
 */
export function anonymousEnvironment(draft: EnvironmentDraft): Record<string, unknown> {
  return {
    $anonymousEnvironment: {
      name: 'CliV2AnonymousEnvironment',
      ...present({ image: draft.image, inference_config: draft.inferenceConfig }),
      ...(draft.condaFile === undefined ? {} : { conda: condaOf(draft.condaFile) }),
      ...(draft.build === undefined
        ? {}
        : { build: { path: draft.build.context, ...present({ dockerfile_path: draft.build.dockerfilePath }) } }),
    },
  };
}

function condaOf(text: string): unknown {
  return parseYaml('conda.yml', new TextEncoder().encode(text), 'python').document?.value;
}
