import type { z } from 'zod';

import { checkSchema, type LaterKeys } from '../../yaml/check-schema.ts';
import { parseYaml } from '../../yaml/parse-yaml.ts';
import { inReadingOrder, type Problem } from '../../yaml/problem.ts';
import type { SourceDocument } from '../../yaml/source-document.ts';
import { draftCommandJob } from '../draft/command-job-draft.ts';
import { resolvePath, type DraftContext } from '../draft/context.ts';
import { draftDeployment } from '../draft/deployment-draft.ts';
import { draftEndpoint } from '../draft/endpoint-draft.ts';
import { draftEnvironment } from '../draft/environment-draft.ts';
import type { AzureMlKind } from '../kinds.ts';
import { dataYaml, laterAssetKeys, modelYaml } from '../yaml/asset-yaml.ts';
import { commandJobYaml, laterCommandJobKeys } from '../yaml/command-job-yaml.ts';
import { commandComponentYaml, laterComponentKeys, pipelineComponentYaml } from '../yaml/component-yaml.ts';
import { deploymentYaml, kubernetesDeploymentYaml, laterDeploymentKeys } from '../yaml/deployment-yaml.ts';
import { endpointYaml, kubernetesEndpointYaml, laterEndpointKeys } from '../yaml/endpoint-yaml.ts';
import { environmentYaml, laterEnvironmentKeys } from '../yaml/environment-yaml.ts';
import { laterPipelineJobKeys, pipelineJobYaml } from '../yaml/pipeline-job-yaml.ts';
import { laterSweepJobKeys, sweepJobYaml } from '../yaml/sweep-yaml.ts';

import { dataToArm, modelToArm } from './asset-to-arm.ts';
import { checkCommand } from './check-command.ts';
import { commandJobToArm } from './command-job-to-arm.ts';
import { deploymentToArm, kubernetesDeploymentToArm } from './deployment-to-arm.ts';
import { endpointToArm, kubernetesEndpointToArm } from './endpoint-to-arm.ts';
import { environmentToArm } from './environment-to-arm.ts';
import { commandSpec, componentVersion } from './pipeline/component-spec.ts';
import { componentNodes } from './pipeline/nodes.ts';
import { pipelineJobToArm } from './pipeline/pipeline-job-to-arm.ts';
import { pipelineVersion } from './pipeline/used-component.ts';
import { sweepJobToArm } from './sweep-to-arm.ts';

/** What the conversion needs beside the file. */
export interface ToArmOptions {
  /** Path of the file from the root. */
  readonly file: string;
  /** Reads a file by its path from the root. */
  readonly read: (path: string) => Uint8Array | undefined;
  /** What stands for the root in paths that the payload has from there. */
  readonly root: string;
  /** Region of the workspace, for endpoints and deployments. */
  readonly location: string;
}

/** A payload, and what is wrong with the file it was made from. */
export type ToArm =
  | { readonly value: Record<string, unknown>; readonly problems?: never }
  | { readonly value?: never; readonly problems: readonly Problem[] };

/**
 * Converts an Azure ML YAML file as Microsoft's own tools do, before they upload anything: local paths stay as
 * written, or begin at the root where those tools make them absolute.
 *
 * @param kind - what the file describes
 * @param bytes - the file
 * @returns the payload, or everything that is wrong with the file
 */
export function toArm(kind: AzureMlKind, bytes: Uint8Array, options: ToArmOptions): ToArm {
  const parsed = parseYaml(options.file, bytes, 'python');
  if (parsed.document === undefined) return { problems: parsed.problems };
  return documentToArm(kind, parsed.document, options);
}

/** As {@link toArm}, of a file that is parsed. */
export function documentToArm(kind: AzureMlKind, document: SourceDocument, options: ToArmOptions): ToArm {
  const problems: Problem[] = [];
  const context: DraftContext = {
    read: options.read,
    keepFolder: (written) => written,
    keepAsset: (written, from, at) => {
      if (/^[a-z][a-z0-9+.-]+:/i.test(written)) return written;
      const path = resolvePath(from.file, written);
      if (path !== undefined) return path === '' ? options.root : `${options.root}/${path}`;
      problems.push(from.problem(at, leavesRoot(written)));
      return written;
    },
    report: (problem) => problems.push(problem),
  };
  const payload = payloadOf(kind, document, context, options.location);
  if (problems.length > 0 || payload === undefined) return { problems: unique(inReadingOrder(problems)) };
  return { value: payload };
}

/** The payload of a document; what is wrong is reported to the context. */
export function payloadOf(
  kind: AzureMlKind,
  document: SourceDocument,
  context: DraftContext,
  location: string,
): Record<string, unknown> | undefined {
  return converters[kind](document, context, location);
}

type Payload = Record<string, unknown> | undefined;
type Converter = (document: SourceDocument, context: DraftContext, location: string) => Payload;

/** A converter that first checks the document by a schema. */
function checked<T>(
  schema: z.ZodType<T>,
  later: LaterKeys,
  convert: (yaml: T, document: SourceDocument, context: DraftContext, location: string) => Payload,
): Converter {
  return (document, context, location) => {
    const result = checkSchema(schema, document, later);
    result.problems?.forEach((problem) => context.report(problem));
    return result.value === undefined ? undefined : convert(result.value, document, context, location);
  };
}

const converters: Readonly<Record<AzureMlKind, Converter>> = {
  commandJob: checked(commandJobYaml, laterCommandJobKeys, (yaml, document, context) => {
    checkCommand(yaml.command, namesOf(yaml), document, ['command'], context);
    const draft = draftCommandJob(yaml, document, context);
    return draft === undefined ? undefined : commandJobToArm(draft);
  }),
  sweepJob: checked(sweepJobYaml, laterSweepJobKeys, (yaml, document, context) => {
    const names = { ...namesOf(yaml), search_space: Object.keys(yaml.search_space) };
    checkCommand(yaml.trial.command, names, document, ['trial', 'command'], context);
    return sweepJobToArm(yaml, document, context);
  }),
  pipelineJob: checked(pipelineJobYaml, laterPipelineJobKeys, pipelineJobToArm),
  commandComponent: checked(commandComponentYaml, laterComponentKeys, (yaml, document, context) => {
    checkCommand(yaml.command, namesOf(yaml), document, ['command'], context);
    const spec = commandSpec(yaml, document, [], 'YAML.COMPONENT', context);
    return spec === undefined ? undefined : componentVersion(spec, yaml, 'named');
  }),
  pipelineComponent: checked(pipelineComponentYaml, laterComponentKeys, (yaml, document, context) =>
    pipelineVersion(
      yaml,
      document,
      [],
      'YAML.COMPONENT',
      context,
      (own, file, at, inner) => componentNodes(own, file, at, inner, []),
      'named',
    ),
  ),
  environment: checked(environmentYaml, laterEnvironmentKeys, (yaml, document, context) =>
    environmentToArm(draftEnvironment(yaml, document, [], context)),
  ),
  data: checked(dataYaml, laterAssetKeys, dataToArm),
  model: checked(modelYaml, laterAssetKeys, modelToArm),
  managedOnlineEndpoint: checked(endpointYaml, laterEndpointKeys, (yaml, _document, _context, location) =>
    endpointToArm(draftEndpoint(yaml), location),
  ),
  managedOnlineDeployment: checked(deploymentYaml, laterDeploymentKeys, (yaml, document, context, location) =>
    deploymentToArm(draftDeployment(yaml, document, context), location),
  ),
  kubernetesOnlineEndpoint: checked(kubernetesEndpointYaml, laterEndpointKeys, (yaml, _document, _context, location) =>
    kubernetesEndpointToArm(yaml, location),
  ),
  kubernetesOnlineDeployment: checked(
    kubernetesDeploymentYaml,
    laterDeploymentKeys,
    (yaml, document, context, location) => kubernetesDeploymentToArm(yaml, document, context, location),
  ),
};

function namesOf(yaml: { readonly inputs?: object | undefined; readonly outputs?: object | undefined }) {
  return { inputs: Object.keys(yaml.inputs ?? {}), outputs: Object.keys(yaml.outputs ?? {}) };
}

function leavesRoot(written: string) {
  return {
    code: 'leaves-folder' as const,
    message: `\`${written}\` lies outside the root folder.`,
    expected: 'a path inside the root folder, relative to this file',
    fix: 'Name a root that holds it too (`--root`), or copy it into the folder.',
  };
}

/** A component that two steps use tells its mistakes twice; a reader wants them once. */
function unique(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
