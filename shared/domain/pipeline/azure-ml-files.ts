/** Reads the Azure ML files of a pipeline folder into drafts; what is wrong is reported to the reader. */
import type { z } from 'zod';

import { draftCommandJob } from '../azure-ml/draft/command-job-draft.ts';
import { draftDeployment } from '../azure-ml/draft/deployment-draft.ts';
import type { CommandJobDraft, DeploymentDraft, EndpointDraft } from '../azure-ml/draft/drafts.ts';
import { draftEndpoint } from '../azure-ml/draft/endpoint-draft.ts';
import { azureMlKindNames, otherKinds, statedKind, type AzureMlKind } from '../azure-ml/kinds.ts';
import { commandJobYaml, laterCommandJobKeys } from '../azure-ml/yaml/command-job-yaml.ts';
import { deploymentYaml, laterDeploymentKeys } from '../azure-ml/yaml/deployment-yaml.ts';
import { endpointYaml, laterEndpointKeys } from '../azure-ml/yaml/endpoint-yaml.ts';
import { isRecord } from '../is-record.ts';
import { checkSchema, type LaterKeys } from '../yaml/check-schema.ts';
import type { ProblemText } from '../yaml/problem.ts';
import type { SourceDocument } from '../yaml/source-document.ts';

import { payloadOf } from '../azure-ml/to-arm/to-arm.ts';

import type { StepDefinition } from './definition.ts';
import { checkPlaceholders } from './placeholders.ts';
import type { FolderReader } from './folder-reader.ts';

/** A file's document and what it says. */
export interface Drafted<Draft> {
  readonly document: SourceDocument;
  readonly draft: Draft;
}

/** @returns the command job of a file, or undefined after reported problems */
function readCommandJob(file: string, reader: FolderReader): Drafted<CommandJobDraft> | undefined {
  const read = readFile(file, 'commandJob', commandJobYaml, laterCommandJobKeys, reader);
  const draft = read === undefined ? undefined : draftCommandJob(read.value, read.document, reader);
  return read === undefined || draft === undefined ? undefined : { document: read.document, draft };
}

/** @returns the job of a step, of whatever kind its file says, or undefined after reported problems */
export function readStepJob(
  file: string,
  reader: FolderReader,
): { readonly document: SourceDocument; readonly step: StepDefinition } | undefined {
  const document = reader.document(file, 'python');
  const kind = compositeKinds.find((known) => known.toLowerCase() === statedKind(document?.value));
  if (document === undefined) return undefined;
  if (kind === undefined) {
    const read = readCommandJob(file, reader);
    return read === undefined ? undefined : { document: read.document, step: { file, job: read.draft } };
  }
  reader.opened(document);
  const before = reader.problems.length;
  const payload = payloadOf(kind, document, reader, '');
  if (payload === undefined || reader.problems.length > before) return undefined;
  const { properties } = payload as { properties: Record<string, unknown> };
  return { document, step: { file, composite: { kind, properties } } };
}

const compositeKinds = ['sweepJob', 'pipelineJob'] as const;

/** @returns the endpoint of a file, or undefined after reported problems */
export function readEndpoint(file: string, reader: FolderReader): Drafted<EndpointDraft> | undefined {
  const read = readFile(file, 'managedOnlineEndpoint', endpointYaml, laterEndpointKeys, reader);
  return read === undefined ? undefined : { document: read.document, draft: draftEndpoint(read.value) };
}

/** @returns the deployment of a file, or undefined after reported problems */
export function readDeployment(file: string, reader: FolderReader): Drafted<DeploymentDraft> | undefined {
  const read = readFile(file, 'managedOnlineDeployment', deploymentYaml, laterDeploymentKeys, reader);
  if (read === undefined) return undefined;
  return { document: read.document, draft: draftDeployment(read.value, read.document, reader) };
}

function readFile<T>(
  file: string,
  kind: AzureMlKind,
  schema: z.ZodType<T>,
  later: LaterKeys,
  reader: FolderReader,
): { readonly document: SourceDocument; readonly value: T } | undefined {
  const document = reader.document(file, 'python');
  if (document === undefined) return undefined;
  checkPlaceholders(document, reader);
  const stated = statedKind(document.value);
  if (stated !== undefined && stated !== kind.toLowerCase()) {
    const at = isRecord(document.value) && Object.hasOwn(document.value, '$schema') ? '$schema' : 'type';
    reader.report(document.problem([at], otherKind(stated, kind)));
    return undefined;
  }
  const checked = checkSchema(schema, document, later);
  if (checked.problems === undefined) return { document, value: checked.value };
  checked.problems.forEach((problem) => reader.report(problem));
  return undefined;
}

function otherKind(stated: string, kind: AzureMlKind): ProblemText {
  const outside = otherKinds[stated];
  const known = outside === undefined ? undefined : `${outside} are out of scope.`;
  return {
    code: known === undefined ? 'wrong-value' : 'comes-later',
    message: `The file describes another kind (${stated}). ${known ?? ''}`.trim(),
    expected: `${azureMlKindNames[kind]}: \`$schema: https://azuremlschemas.azureedge.net/latest/${kind}.schema.json\``,
    fix: `Name a file here that describes ${azureMlKindNames[kind]}.`,
  };
}
