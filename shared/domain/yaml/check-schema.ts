/** Checks a YAML document by a schema and tells every mistake with its place, what was expected and what to do. */
import type { z } from 'zod';

import { isRecord } from '../is-record.ts';
import { nearestWord } from './nearest-word.ts';
import { inReadingOrder, type PathStep, type Problem, type ProblemText } from './problem.ts';
import type { SourceDocument } from './source-document.ts';

/**
 * What a schema may say beside shapes: keys and values that a later release honours, by path with `*` for any index
 * or name, and what they will do.
 */
export type LaterKeys = Readonly<Record<string, string>>;

/** Put into `params` of a refinement whose failure means "a later release honours this value". */
export const comesLater = { comesLater: true } as const;

/** The checked value, or everything that is wrong with it. */
export type Checked<T> =
  | { readonly value: T; readonly problems?: never }
  | { readonly value?: never; readonly problems: readonly Problem[] };

type Issue = z.core.$ZodIssue;

/**
 * @param schema - strict; messages of its refinements and patterns say what is expected
 * @param document - where the value comes from
 * @param later - keys of later releases, by path in the document
 * @param at - where in the document the value stands
 */
export function checkSchema<T>(
  schema: z.ZodType<T>,
  document: SourceDocument,
  later: LaterKeys = {},
  at: readonly PathStep[] = [],
): Checked<T> {
  const result = schema.safeParse(valueAt(document.value, at), { error: listKnownKeys });
  if (result.success) return { value: result.data };
  const problems = withoutMisspelt(result.error.issues).flatMap((issue) => explain(document, later, issue, at));
  return { problems: inReadingOrder(problems) };
}

/** A key that is missing because it is misspelt is told once, where it is misspelt. */
function withoutMisspelt(issues: readonly Issue[]): readonly Issue[] {
  const placeOf = (path: readonly PropertyKey[]): string => path.map(String).join('\0');
  const meant = issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [];
    return issue.keys.map((key) => placeOf([...issue.path, nearestWord(key, issue.message.split(' ')) ?? '']));
  });
  return issues.filter((issue) => issue.code === 'unrecognized_keys' || !meant.includes(placeOf(issue.path)));
}

/** The message of an unknown key is the list of the known ones: the issue itself does not carry them. */
function listKnownKeys(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys' || issue.inst === undefined) return undefined;
  const definition: unknown = issue.inst._zod.def;
  const shape = isRecord(definition) && isRecord(definition['shape']) ? definition['shape'] : {};
  return Object.keys(shape).join(' ');
}

function explain(
  document: SourceDocument,
  later: LaterKeys,
  issue: Issue,
  parent: readonly PathStep[],
): readonly Problem[] {
  const path = [...parent, ...issue.path.filter((step): step is PathStep => typeof step !== 'symbol')];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      document.problem([...path, key], unknownKey(key, [...path, key], issue.message, later), 'key'),
    );
  }
  if (issue.code === 'invalid_key') {
    return [document.problem(path, badKey(last(path), issue.issues[0]?.message ?? 'another name'), 'key')];
  }
  if (issue.code === 'invalid_union') return explainUnion(document, later, issue, path);
  const found = valueAt(document.value, path);
  if (found === undefined && issue.code !== 'custom') return [missing(document, path, expectedBy(issue))];
  return [document.problem(path, wrong(issue, found, last(path)))];
}

/** Tells the mistakes of the one branch that was meant, or, if none was, what all branches expect. */
function explainUnion(
  document: SourceDocument,
  later: LaterKeys,
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: readonly PathStep[],
): readonly Problem[] {
  const found = valueAt(document.value, path);
  if (found === undefined) return [missing(document, path, expectedBy(issue))];
  const meant = branchesOf(issue).filter((branch) => !branch.some(rejectsWhole));
  const best = meant.toSorted((a, b) => distance(a) - distance(b))[0];
  if (best !== undefined) return withoutMisspelt(best).flatMap((inner) => explain(document, later, inner, path));
  return [document.problem(path, wrong(issue, found, last(path)))];
}

/** The branches of a union; those of unions inside it count as its own. */
function branchesOf(issue: Extract<Issue, { code: 'invalid_union' }>): readonly (readonly Issue[])[] {
  return issue.errors.flatMap((branch): readonly (readonly Issue[])[] => {
    const [only, ...others] = branch;
    const nested = only?.code === 'invalid_union' && only.path.length === 0 && others.length === 0;
    return nested && only.errors.length > 0 ? branchesOf(only) : [branch];
  });
}

/** How far a value is from a branch: its mistakes, where a misspelt key counts half. */
function distance(branch: readonly Issue[]): number {
  return branch.reduce((sum, issue) => {
    if (issue.code !== 'unrecognized_keys') return sum + 1;
    const misspelt = issue.keys.filter((key) => nearestWord(key, issue.message.split(' ')) !== undefined);
    return sum + issue.keys.length - misspelt.length / 2;
  }, 0);
}

/** Whether an issue of a union's branch says that the value isn't of the branch's kind at all. */
function rejectsWhole(issue: Issue): boolean {
  return issue.path.length === 0 && ['invalid_type', 'invalid_value', 'invalid_union'].includes(issue.code);
}

function unknownKey(key: string, path: readonly PathStep[], knownKeys: string, later: LaterKeys): ProblemText {
  const what = findLater(path, later);
  if (what !== undefined) {
    return {
      code: 'comes-later',
      message: `\`${key}\` (${what}) is not honoured by this release, so it is refused rather than ignored.`,
      expected: 'only what this release honours',
      fix: `Remove \`${key}\` until a release that has it.`,
    };
  }
  const known = knownKeys.split(' ').filter((word) => word !== '');
  const nearest = nearestWord(key, known);
  return {
    code: 'unknown-key',
    message: `\`${key}\` is no key here.`,
    expected: known.length === 0 ? 'no keys' : `one of ${known.join(', ')}`,
    fix: nearest === undefined ? `Remove \`${key}\`.` : `Write \`${nearest}\` in place of \`${key}\`.`,
  };
}

function findLater(path: readonly PathStep[], later: LaterKeys): string | undefined {
  const matches = (pattern: string): boolean => {
    const steps = pattern.split('.');
    return steps.length === path.length && steps.every((step, index) => step === '*' || step === String(path[index]));
  };
  return Object.entries(later).find(([pattern]) => matches(pattern))?.[1];
}

function badKey(key: string, expected: string): ProblemText {
  return {
    code: 'wrong-value',
    message: `The name \`${key}\` is not allowed.`,
    expected,
    fix: 'Choose another name.',
  };
}

function missing(document: SourceDocument, path: readonly PathStep[], expected: string): Problem {
  const key = last(path);
  return document.problem(
    path,
    { code: 'missing-key', message: `\`${key}\` is missing.`, expected, fix: `Add \`${key}:\` here.` },
    'key',
  );
}

function wrong(issue: Issue, found: unknown, key: string): ProblemText {
  const expected = expectedBy(issue);
  if (issue.code === 'custom' && issue.params?.['comesLater'] === true) {
    return {
      code: 'comes-later',
      message: `This value of \`${key}\` is not honoured by this release, so it is refused rather than ignored.`,
      expected,
      fix: `Write ${expected}.`,
    };
  }
  const options = issue.code === 'invalid_value' ? issue.values.map(String) : [];
  const nearest = typeof found === 'string' ? nearestWord(found, options) : undefined;
  const isType = issue.code === 'invalid_type' || issue.code === 'invalid_union';
  return {
    code: isType ? 'wrong-type' : 'wrong-value',
    message: `${key === '' ? 'The document' : `\`${key}\``} is ${describe(found)}, which is not what is expected here.`,
    expected,
    fix: nearest === undefined ? `Write ${expected}.` : `Write \`${nearest}\`.`,
  };
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function expectedBy(issue: Issue): string {
  if (issue.code === 'invalid_type') {
    return issue.message.startsWith('Invalid input') ? (typeWords[issue.expected] ?? issue.expected) : issue.message;
  }
  if (issue.code === 'invalid_value') {
    const [only, ...others] = issue.values.map(String);
    return others.length === 0 ? `\`${only ?? ''}\`` : `one of ${[only, ...others].join(', ')}`;
  }
  if (issue.code === 'invalid_union') return expectedByUnion(issue);
  if (issue.code === 'too_small') {
    return bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum, issue.message);
  }
  if (issue.code === 'too_big') {
    return bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum, issue.message);
  }
  return issue.message;
}

function expectedByUnion(issue: Extract<Issue, { code: 'invalid_union' }>): string {
  if (issue.discriminator !== undefined && 'options' in issue) {
    return `one of ${(issue.options ?? []).map(String).join(', ')}`;
  }
  return issue.message === 'Invalid input' ? 'another value' : issue.message;
}

function bound(origin: string, words: string, limit: number | bigint, message: string): string {
  if (!message.startsWith('Too ')) return message;
  if (origin === 'string') return `text of ${words} ${limit} characters`;
  if (origin === 'array') return `a list of ${words} ${limit} items`;
  return `a number of ${words} ${limit}`;
}

/** A short description of a value for people: never more than 60 characters of it. */
function describe(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = String(value);
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return typeof value === 'string' ? `the text ${JSON.stringify(short)}` : `\`${short}\``;
}

function valueAt(value: unknown, path: readonly PathStep[]): unknown {
  return path.reduce<unknown>((current, step) => {
    if (Array.isArray(current) && typeof step === 'number') return current[step];
    return isRecord(current) && Object.hasOwn(current, step) ? current[step] : undefined;
  }, value);
}

function last(path: readonly PathStep[]): string {
  return String(path.at(-1) ?? '');
}
