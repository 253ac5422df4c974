/** Search spaces of sweeps as the payload has them, and how a value is drawn. */
import quantile from '@stdlib/stats-base-dists-normal-quantile';
import { z } from 'zod';

import { invalid } from '../arm-error.ts';

/** A value of a trial. */
export type SearchValue = string | number | boolean;

const finite = z.number();
const pair = z.tuple([finite, finite]);
const triple = z.tuple([finite, finite, finite.positive()]);
const value = z.union([z.string(), z.number(), z.boolean()], { error: 'text, a number, true or false' });

const distribution = z.union(
  [
    z.tuple([z.literal('choice'), z.tuple([z.array(value).min(1)])]),
    z.tuple([z.enum(['uniform', 'loguniform', 'normal', 'lognormal']), pair]),
    z.tuple([z.enum(['quniform', 'qloguniform', 'qnormal', 'qlognormal']), triple]),
    z.tuple([z.literal('randint'), z.tuple([z.int().positive()])]),
  ],
  { error: 'a distribution with its arguments in order, as in ["uniform", [0.1, 1]] or ["choice", [[1, 2]]]' },
);

/** How a value is drawn. @source azureml-yaml/README.md: each distribution is its name and its arguments in order */
export type SearchDistribution = z.output<typeof distribution>;
/** Name → distribution. */
export type SearchSpace = ReadonlyMap<string, SearchDistribution>;

/**
 * @param told - `searchSpace`
 * @throws {ArmError} a distribution is none that the laptop draws from; all of them are named
 */
export function readSearchSpace(told: Readonly<Record<string, unknown>>): SearchSpace {
  const problems: string[] = [];
  const space = new Map<string, SearchDistribution>();
  for (const [name, one] of Object.entries(told)) {
    const read = distribution.safeParse(one);
    if (read.success) space.set(name, read.data);
    else problems.push(`searchSpace.${name}: expected ${read.error.issues[0]?.message ?? 'a distribution'}`);
  }
  if (problems.length > 0) throw invalid(problems.join('; '));
  if (space.size === 0) throw invalid('The search space is empty.');
  return space;
}

/**
 * @param at - from 0 to below 1; the quantile of the value
 * @source Azure ML, "Hyperparameter tuning a model": `loguniform` is exp(uniform), `q…` round(x / q) · q, `randint` 0 to
 *   below `upper`
 */
export function valueAt([type, given]: SearchDistribution, at: number): SearchValue {
  if (type === 'choice') return given[0][Math.floor(at * given[0].length)] ?? 0;
  if (type === 'randint') return Math.floor(at * given[0]);
  const [first, second, step] = given;
  const isNormal = type.includes('normal');
  const drawn = isNormal ? first + second * quantile(inside(at), 0, 1) : first + (second - first) * at;
  const scaled = type.includes('log') ? Math.exp(drawn) : drawn;
  return step === undefined ? scaled : Math.round(scaled / step) * step;
}

/** Not 0, whose quantile is infinite. */
function inside(at: number): number {
  return Math.max(at, Number.EPSILON);
}
