/**
 * A mistake in a file that a person wrote, told so that the person can correct it. All mistakes are told at once.
 */

/** What kind of mistake it is. The words are stable: editors and scripts read them. */
export const problemCodes = [
  'not-yaml',
  'tab',
  'duplicate-key',
  'several-documents',
  'empty',
  'too-large',
  'unknown-key',
  'missing-key',
  'wrong-type',
  'wrong-value',
  'comes-later',
  'missing-file',
  'leaves-folder',
  'unknown-binding',
  'placeholder-left',
  'not-reproducible',
  'contradiction',
  'illegal-path',
] as const;
/** One of {@link problemCodes}. */
export type ProblemCode = (typeof problemCodes)[number];

/** A step of a path in a document: a key of a map or an index of a list. */
export type PathStep = string | number;

/** Where something stands: lines and columns count from 1, columns in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One mistake. */
export interface Problem extends Position {
  readonly code: ProblemCode;
  /** Path of the file, `/` between folders. */
  readonly file: string;
  /** Path in the document, as in `gates[0].metric`; empty for the document as a whole. */
  readonly path: string;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What was expected in its place. */
  readonly expected: string;
  /** What to do. */
  readonly fix: string;
}

/** The words of a problem, without its place. */
export type ProblemText = Pick<Problem, 'code' | 'message' | 'expected' | 'fix'>;

/**
 * @param path - steps into a document
 * @returns the path as people write it: `deploy.strategy`, `gates[0].metric`, `tags["a b"]`
 */
export function formatPath(path: readonly PathStep[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!/^[$\w-]+$/.test(step)) return `${text}[${JSON.stringify(step)}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** Orders problems as a reader meets them: by file, line, column, then path. */
export function inReadingOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.path, b.path),
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
