import { nearestWord } from '../../yaml/nearest-word.ts';
import { parseYaml } from '../../yaml/parse-yaml.ts';
import type { Problem, ProblemText } from '../../yaml/problem.ts';
import type { SourceDocument } from '../../yaml/source-document.ts';
import { findLatest, findPlaceholders } from '../check/left-open.ts';
import { azureMlKinds, kindOf, otherKinds, type AzureMlKind } from '../kinds.ts';
import { documentToArm, type ToArmOptions } from '../to-arm/to-arm.ts';

/** What became of a file. */
export interface RenderedFile {
  readonly file: string;
  readonly kind?: AzureMlKind;
  /** Absent if the file cannot be converted. */
  readonly payload?: Record<string, unknown>;
  /** What must be corrected. */
  readonly problems: readonly Problem[];
  /** What works and may mean something else tomorrow. */
  readonly notes: readonly Problem[];
}

/**
 * Reads an Azure ML YAML file of any kind and converts it.
 *
 * @param file - path from the root
 */
export function renderFile(file: string, options: Omit<ToArmOptions, 'file'>): RenderedFile {
  const parsed = parseYaml(file, options.read(file) ?? new Uint8Array(), 'python');
  if (parsed.document === undefined) return { file, problems: parsed.problems, notes: [] };
  const { document } = parsed;
  const left = findPlaceholders(document);
  const found = kindOf(document.value);
  if (!('kind' in found)) return { file, problems: [unknownKind(document, found.stated), ...left], notes: [] };
  const { kind } = found;
  const converted = documentToArm(kind, document, { ...options, file });
  return {
    file,
    kind,
    ...(converted.value === undefined ? {} : { payload: converted.value }),
    problems: [...(converted.problems ?? []), ...left],
    notes: findLatest(document),
  };
}

function unknownKind(document: SourceDocument, stated: string | undefined): Problem {
  const at =
    typeof document.value === 'object' && document.value !== null && '$schema' in document.value ? '$schema' : 'type';
  return document.problem(stated === undefined ? [] : [at], kindText(stated));
}

function kindText(stated: string | undefined): ProblemText {
  const expected = `one of ${azureMlKinds.join(', ')}, as in \`$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\``;
  if (stated === undefined) {
    return {
      code: 'missing-key',
      message: 'The file does not say what it describes.',
      expected,
      fix: 'Add `$schema:` as its first line.',
    };
  }
  const outside = otherKinds[stated];
  if (outside !== undefined) {
    return {
      code: 'comes-later',
      message: `${outside} are out of scope (\`${stated}\`).`,
      expected,
      fix: 'Write it as a command, sweep or pipeline job, or an online endpoint.',
    };
  }
  const nearest = nearestWord(stated, azureMlKinds);
  return {
    code: 'wrong-value',
    message: `There is no kind \`${stated}\`.`,
    expected,
    fix: nearest === undefined ? 'Correct `$schema`.' : `Write \`${nearest}.schema.json\`.`,
  };
}
