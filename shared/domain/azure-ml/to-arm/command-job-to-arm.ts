import type { CommandJobDraft } from '../draft/drafts.ts';
import { present } from '../draft/present.ts';

import { anonymousEnvironment } from './environment-to-arm.ts';

/** Payload of a command job, as Azure ML's tools make it before anything is uploaded. */
export function commandJobToArm(draft: CommandJobDraft): Record<string, unknown> {
  const { environment } = draft;
  return {
    properties: {
      ...commandJobProperties(draft),
      ...present({ codeId: draft.code, computeId: draft.compute }),
      environmentId:
        environment.kind === 'reference' ? environment.reference : anonymousEnvironment(environment.environment),
    },
  };
}

/** The part of the payload that needs no id. */
export function commandJobProperties(draft: CommandJobDraft): Record<string, unknown> {
  return {
    jobType: 'Command',
    ...present({
      displayName: draft.displayName,
      experimentName: draft.experimentName,
      description: draft.description,
      distribution: draft.distribution,
      resources: draft.resources,
    }),
    command: draft.command,
    inputs: draft.inputs,
    outputs: draft.outputs,
    environmentVariables: draft.environmentVariables,
    ...(draft.timeout === undefined ? {} : { limits: { jobLimitsType: 'Command', timeout: draft.timeout } }),
    services: draft.services,
    tags: draft.tags,
    properties: draft.properties,
    isArchived: false,
  };
}
