import { stringify } from 'yaml';

import { checkSchema } from '../../yaml/check-schema.ts';
import { parseYaml } from '../../yaml/parse-yaml.ts';
import type { PathStep, ProblemText } from '../../yaml/problem.ts';
import type { SourceDocument } from '../../yaml/source-document.ts';
import { environmentYaml, laterEnvironmentKeys, type EnvironmentYaml } from '../yaml/environment-yaml.ts';

import { resolvePath, type DraftContext } from './context.ts';
import type { EnvironmentDraft, EnvironmentUse } from './drafts.ts';
import { stripReference } from './references.ts';
import { present } from './present.ts';

/** How folders are kept: see {@link DraftContext}. */
type Keep = 'keepFolder' | 'keepAsset';

/**
 * @param use - what stands where an environment is used
 * @param document - the document that uses it
 * @param at - where in it
 * @param keep - how the folder of its image is kept: as written, or as an asset of its own
 * @returns the environment, or undefined after a reported problem
 * @source azure-ai-ml 1.34, `EnvironmentField`: reference, `file:` or inline
 */
export function environmentUseOf(
  use: string | EnvironmentYaml,
  document: SourceDocument,
  at: readonly PathStep[],
  context: DraftContext,
  keep: Keep = 'keepFolder',
): EnvironmentUse | undefined {
  if (typeof use !== 'string') return inline(draftEnvironment(use, document, at, context, keep));
  if (use.startsWith('azureml:')) return { kind: 'reference', reference: stripReference(use) };
  const written = use.replace(/^file:/, '');
  const path = resolvePath(document.file, written);
  const bytes = path === undefined ? undefined : context.read(path);
  if (path === undefined || bytes === undefined) {
    context.report(document.problem(at, missingFile(written, path)));
    return undefined;
  }
  const environment = readEnvironment(path, bytes, context, keep);
  return environment === undefined ? undefined : inline(environment);
}

/**
 * Reads an environment file.
 *
 * @returns the environment, or undefined after reported problems
 */
export function readEnvironment(
  file: string,
  bytes: Uint8Array,
  context: DraftContext,
  keep: Keep = 'keepFolder',
): EnvironmentDraft | undefined {
  const parsed = parseYaml(file, bytes, 'python');
  if (parsed.document === undefined) return reportAll(parsed.problems, context);
  const checked = checkSchema(environmentYaml, parsed.document, laterEnvironmentKeys);
  if (checked.problems !== undefined) return reportAll(checked.problems, context);
  return draftEnvironment(checked.value, parsed.document, [], context, keep);
}

function reportAll(problems: readonly Parameters<DraftContext['report']>[0][], context: DraftContext): undefined {
  for (const problem of problems) context.report(problem);
}

function inline(environment: EnvironmentDraft): EnvironmentUse {
  return { kind: 'inline', environment };
}

/** @param at - where in the document the environment stands */
export function draftEnvironment(
  yaml: EnvironmentYaml,
  document: SourceDocument,
  at: readonly PathStep[],
  context: DraftContext,
  keep: Keep = 'keepFolder',
): EnvironmentDraft {
  const conda = yaml.conda_file === undefined ? undefined : condaText(yaml.conda_file, document, at, context);
  const config = yaml.inference_config;
  return {
    ...present({ name: yaml.name, version: yaml.version, description: yaml.description }),
    tags: yaml.tags ?? {},
    properties: yaml.properties ?? {},
    ...present({ image: yaml.image, condaFile: conda }),
    ...(yaml.build === undefined
      ? {}
      : {
          build: {
            context: context[keep](yaml.build.path, document, [...at, 'build', 'path']),
            ...present({ dockerfilePath: yaml.build.dockerfile_path }),
          },
        }),
    ...(config === undefined
      ? {}
      : {
          inferenceConfig: {
            livenessRoute: config.liveness_route,
            readinessRoute: config.readiness_route,
            scoringRoute: config.scoring_route,
          },
        }),
    ...(yaml.os_type === undefined
      ? {}
      : { osType: yaml.os_type === 'linux' ? ('Linux' as const) : ('Windows' as const) }),
  };
}

/** The conda file as text with its keys sorted, as Azure ML's tools send it. */
function condaText(
  conda: string | Readonly<Record<string, unknown>>,
  document: SourceDocument,
  at: readonly PathStep[],
  context: DraftContext,
): string | undefined {
  if (typeof conda !== 'string') return dump(conda);
  const path = resolvePath(document.file, conda);
  const bytes = path === undefined ? undefined : context.read(path);
  if (path === undefined || bytes === undefined) {
    context.report(document.problem([...at, 'conda_file'], missingFile(conda, path)));
    return undefined;
  }
  const parsed = parseYaml(path, bytes, 'python');
  if (parsed.document !== undefined) return dump(parsed.document.value);
  return reportAll(parsed.problems, context);
}

function dump(value: unknown): string {
  return stringify(value, { sortMapEntries: true, indentSeq: false, singleQuote: true, lineWidth: 80, version: '1.1' });
}

/** Says that a file is missing or outside. @param path - where it would be; undefined: outside */
export function missingFile(written: string, path: string | undefined): ProblemText {
  if (path === undefined) {
    return {
      code: 'leaves-folder',
      message: `\`${written}\` lies outside the folder.`,
      expected: 'a path inside the folder, relative to this file',
      fix: 'Copy the file into the folder and name it there.',
    };
  }
  return {
    code: 'missing-file',
    message: `There is no file \`${path}\`.`,
    expected:
      'a file of the folder, its path relative to this file; a registered environment is `azureml:name:version`',
    fix: 'Add the file, or correct the path.',
  };
}
