/** Search spaces of sweeps as the payload has them, and how a value is drawn. */
import quantile from '@stdlib/stats-base-dists-normal-quantile';
import { z } from 'zod';

import { invalid } from '../arm-error.ts';

/** A value of a trial. */
export type SearchValue = string | number | boolean;

const number = z.number();
const step = z.number().positive();
const spread = z.number().positive();
const value = z.union([z.string(), z.number(), z.boolean()]);

const rangeTypes = ['uniform', 'loguniform'] as const;
const steppedRangeTypes = ['quniform', 'qloguniform'] as const;
const bellTypes = ['normal', 'lognormal'] as const;
const steppedBellTypes = ['qnormal', 'qlognormal'] as const;

const isAscending = ([, [low, high]]: readonly [string, readonly number[]]): boolean =>
  low !== undefined && high !== undefined && low <= high;

const distribution = z.union([
  z.tuple([z.literal('choice'), z.tuple([z.array(value).min(1)])]),
  z.tuple([z.enum(rangeTypes), z.tuple([number, number])]).refine(isAscending),
  z.tuple([z.enum(steppedRangeTypes), z.tuple([number, number, step])]).refine(isAscending),
  z.tuple([z.enum(bellTypes), z.tuple([number, spread])]),
  z.tuple([z.enum(steppedBellTypes), z.tuple([number, spread, step])]),
  z.tuple([z.literal('randint'), z.tuple([z.int().positive()])]),
]);

/** How a value is drawn. @source azureml-yaml/README.md: each distribution is its name and its arguments in order */
export type SearchDistribution = z.output<typeof distribution>;
/** Name → distribution. */
export type SearchSpace = ReadonlyMap<string, SearchDistribution>;

const range = 'min and max, in this order';
const steppedRange = 'min, max and a step above 0, in this order';
const bell = 'mu and a sigma above 0, in this order';
const steppedBell = 'mu, a sigma and a step above 0, in this order';

/** What each distribution takes, for the message. */
const expected: Readonly<Record<SearchDistribution[0], string>> = {
  choice: '[[value, …]] with at least one text, number, true or false',
  uniform: range,
  loguniform: range,
  quniform: steppedRange,
  qloguniform: steppedRange,
  normal: bell,
  lognormal: bell,
  qnormal: steppedBell,
  qlognormal: steppedBell,
  randint: 'a whole number above 0, which is not reached',
};

/**
 * @param told - `searchSpace`
 * @throws {ArmError} 400: a distribution is none that the laptop draws from; all of them are named
 */
export function readSearchSpace(told: Readonly<Record<string, unknown>>): SearchSpace {
  const problems: string[] = [];
  const space = new Map<string, SearchDistribution>();
  for (const [name, one] of Object.entries(told)) {
    const read = distribution.safeParse(one);
    if (read.success) space.set(name, read.data);
    else problems.push(`searchSpace.${name}: ${problemOf(one)}`);
  }
  if (problems.length > 0) throw invalid(problems.join('; '));
  if (space.size === 0) throw invalid('The search space is empty.');
  return space;
}

/** @returns what was expected in the place of what is no distribution */
function problemOf(told: unknown): string {
  const type: unknown = Array.isArray(told) ? told[0] : undefined;
  const known = (Object.keys(expected) as SearchDistribution[0][]).find((one) => one === type);
  if (known === undefined) {
    const got = typeof type === 'string' ? `, not "${type}"` : '';
    return `expected a distribution with its arguments in order, as in ["uniform", [0.1, 1]]: one of ${Object.keys(expected).join(', ')}${got}`;
  }
  if (known === 'choice' && hasObject(told))
    return 'a choice of spaces is not served by the laptop; expected values that are text, a number, true or false';
  return `"${known}" expects ${expected[known]}`;
}

/** Whether a choice has a space of its own among its values. */
function hasObject(told: unknown): boolean {
  const values: unknown = Array.isArray(told) && Array.isArray(told[1]) ? told[1][0] : undefined;
  return Array.isArray(values) && values.some((one) => typeof one === 'object' && one !== null);
}

/**
 * @param at - from 0 to below 1; the quantile of the value
 * @source Azure ML, "Hyperparameter tuning a model": `loguniform` is exp(uniform), `q…` round(x / q) · q, `randint` 0 to
 *   below `upper`
 */
export function valueAt([type, given]: SearchDistribution, at: number): SearchValue {
  if (type === 'choice') return given[0][Math.floor(at * given[0].length)] ?? 0;
  if (type === 'randint') return Math.floor(at * given[0]);
  const [first, second, size] = given;
  const isNormal = type.includes('normal');
  const drawn = isNormal ? first + second * quantile(inside(at), 0, 1) : first + (second - first) * at;
  const scaled = type.includes('log') ? Math.exp(drawn) : drawn;
  return size === undefined ? scaled : Math.round(scaled / size) * size;
}

/** Not 0, whose quantile is infinite. */
function inside(at: number): number {
  return Math.max(at, Number.EPSILON);
}
