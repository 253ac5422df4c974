import { checkSchema, type Checked } from '../../yaml/check-schema.ts';
import { parseYaml } from '../../yaml/parse-yaml.ts';
import { inReadingOrder, type Problem } from '../../yaml/problem.ts';
import type { SourceDocument } from '../../yaml/source-document.ts';
import { draftCommandJob } from '../draft/command-job-draft.ts';
import type { DraftContext } from '../draft/context.ts';
import { draftDeployment } from '../draft/deployment-draft.ts';
import { draftEndpoint } from '../draft/endpoint-draft.ts';
import { readEnvironment } from '../draft/environment-draft.ts';
import type { AzureMlKind } from '../kinds.ts';
import { commandJobYaml, laterCommandJobKeys } from '../yaml/command-job-yaml.ts';
import { deploymentYaml, laterDeploymentKeys } from '../yaml/deployment-yaml.ts';
import { endpointYaml, laterEndpointKeys } from '../yaml/endpoint-yaml.ts';

import { commandJobToArm } from './command-job-to-arm.ts';
import { deploymentToArm } from './deployment-to-arm.ts';
import { endpointToArm } from './endpoint-to-arm.ts';
import { environmentToArm } from './environment-to-arm.ts';

/** What the conversion needs beside the file. */
export interface ToArmOptions {
  /** Path of the file from the root. */
  readonly file: string;
  /** Reads a file by its path from the root. */
  readonly read: (path: string) => Uint8Array | undefined;
  /** Region of the workspace, for endpoints and deployments. */
  readonly location: string;
}

/**
 * Converts an Azure ML YAML file as Microsoft's own tools do, before they upload anything: local paths stay as
 * written. What a run really sends is made of the same drafts by `../render/`.
 *
 * @param kind - what the file describes
 * @param bytes - the file
 * @returns the payload, or everything that is wrong with the file
 */
export function toArm(kind: AzureMlKind, bytes: Uint8Array, options: ToArmOptions): Checked<Record<string, unknown>> {
  const problems: Problem[] = [];
  const context: DraftContext = {
    read: options.read,
    keepFolder: (written) => written,
    report: (problem) => problems.push(problem),
  };
  const payload = convert(kind, bytes, options, context);
  if (problems.length > 0 || payload === undefined) return { problems: inReadingOrder(problems) };
  return { value: payload };
}

function convert(
  kind: AzureMlKind,
  bytes: Uint8Array,
  options: ToArmOptions,
  context: DraftContext,
): Record<string, unknown> | undefined {
  if (kind === 'environment') {
    const draft = readEnvironment(options.file, bytes, context);
    return draft === undefined ? undefined : environmentToArm(draft);
  }
  const parsed = parseYaml(options.file, bytes, 'python');
  if (parsed.document === undefined) {
    parsed.problems.forEach((problem) => context.report(problem));
    return undefined;
  }
  return convertDocument(kind, parsed.document, options.location, context);
}

function convertDocument(
  kind: Exclude<AzureMlKind, 'environment'>,
  document: SourceDocument,
  location: string,
  context: DraftContext,
): Record<string, unknown> | undefined {
  switch (kind) {
    case 'commandJob': {
      const yaml = accept(checkSchema(commandJobYaml, document, laterCommandJobKeys), context);
      const draft = yaml === undefined ? undefined : draftCommandJob(yaml, document, context);
      return draft === undefined ? undefined : commandJobToArm(draft);
    }
    case 'managedOnlineEndpoint': {
      const yaml = accept(checkSchema(endpointYaml, document, laterEndpointKeys), context);
      return yaml === undefined ? undefined : endpointToArm(draftEndpoint(yaml), location);
    }
    case 'managedOnlineDeployment': {
      const yaml = accept(checkSchema(deploymentYaml, document, laterDeploymentKeys), context);
      return yaml === undefined ? undefined : deploymentToArm(draftDeployment(yaml, document, context), location);
    }
  }
}

function accept<T>(checked: Checked<T>, context: DraftContext): T | undefined {
  checked.problems?.forEach((problem) => context.report(problem));
  return checked.value;
}
