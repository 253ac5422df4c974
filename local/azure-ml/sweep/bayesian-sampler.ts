/**
 * Trials that learn from those before: a tree-structured Parzen estimator. The tried points are split into the few best and
 * the others; a new one is what is the likeliest among the best, compared with the others. Chosen over a Gaussian process
 * because it takes choices as they are, and a thousand trials without a matrix; npm had no library that is kept.
 *
 * @source Bergstra et al., "Algorithms for Hyper-Parameter Optimization" (2011)
 */
import { invalid } from '../arm-error.ts';
import { parzen, type Axis, type Point } from './parzen.ts';
import { randomSampler, trialRandom } from './random-sampler.ts';
import type { Sampler, TrialValues, TriedTrial } from './sampling.ts';
import { valueAt, type SearchDistribution, type SearchSpace, type SearchValue } from './search-space.ts';

/** Trials with a result before anything is learned from them. @source Optuna, `n_startup_trials` */
const STARTUP_TRIALS = 10;
/** Part of the trials that are the best, and most of them. @source Optuna, `default_gamma` */
const BEST_PART = 0.1;
const MOST_BEST = 25;
/** Points that are drawn to choose one. @source Optuna, `n_ei_candidates` */
const CANDIDATES = 24;

/** Keeps the draws of a trial that learns apart from those of one that does not. */
const LEARNING = 0x51ab5eed;

/** A hyperparameter as an axis of the estimator. */
interface Dimension {
  readonly name: string;
  readonly axis: Axis;
  coordinateOf(value: SearchValue | undefined): number;
  valueOf(coordinate: number): SearchValue;
}

/**
 * A trial is chosen by its number and those before, so the same sweep always gives the same. Trials without a result, which
 * run or failed, count among the others: what runs beside each other spreads.
 *
 * @param goal - what is better
 * @throws {ArmError} 400: a distribution that Azure ML does not sample so
 * @source Azure ML, "Hyperparameter tuning a model": Bayesian sampling supports choice, uniform and quniform
 */
export function bayesianSampler(space: SearchSpace, seed: number, goal: 'Minimize' | 'Maximize'): Sampler {
  const dimensions = [...space].map(([name, distribution]) => dimension(name, distribution));
  const first = randomSampler(space, seed);
  const sign = goal === 'Maximize' ? 1 : -1;
  return (trial, tried = []) => {
    const shown = tried.flatMap(({ values, metric }) =>
      metric === undefined || !Number.isFinite(metric) ? [] : [{ values, score: sign * metric }],
    );
    if (shown.length < STARTUP_TRIALS) return first(trial);
    const bestCount = Math.min(MOST_BEST, Math.ceil(BEST_PART * shown.length));
    const best = new Set(
      shown
        .toSorted((a, b) => b.score - a.score)
        .slice(0, bestCount)
        .map(({ values }) => values),
    );
    return likeliest(dimensions, tried, best, trialRandom(seed ^ LEARNING, trial));
  };
}

function likeliest(
  dimensions: readonly Dimension[],
  tried: readonly TriedTrial[],
  best: ReadonlySet<TrialValues>,
  random: () => number,
): TrialValues {
  const axes = dimensions.map(({ axis }) => axis);
  const pointOf = (values: TrialValues): Point =>
    dimensions.map(({ name, coordinateOf }) => coordinateOf(values[name]));
  const all = tried.map(({ values }) => values);
  const good = parzen(axes, all.filter((values) => best.has(values)).map(pointOf));
  const other = parzen(axes, all.filter((values) => !best.has(values)).map(pointOf));
  const candidates = Array.from({ length: CANDIDATES }, () => good.draw(random))
    .map((point) => ({ point, gain: good.logDensity(point) - other.logDensity(point) }))
    .toSorted((a, b) => b.gain - a.gain)
    .map(({ point }) => valuesAt(dimensions, point));
  // What was tried gives nothing new, as long as there is something else.
  const known = new Set(all.map((values) => keyOf(dimensions, values)));
  return candidates.find((values) => !known.has(keyOf(dimensions, values))) ?? candidates[0] ?? {};
}

function valuesAt(dimensions: readonly Dimension[], point: Point): TrialValues {
  return Object.fromEntries(dimensions.map(({ name, valueOf }, index) => [name, valueOf(point[index] ?? 0)] as const));
}

function keyOf(dimensions: readonly Dimension[], values: TrialValues): string {
  return JSON.stringify(dimensions.map(({ name }) => values[name]));
}

function dimension(name: string, distribution: SearchDistribution): Dimension {
  const [type, given] = distribution;
  if (type === 'choice') {
    const [options] = given;
    return {
      name,
      axis: options.length,
      coordinateOf: (value) =>
        Math.max(
          0,
          options.findIndex((option) => option === value),
        ),
      valueOf: (coordinate) => valueAt(distribution, (coordinate + 0.5) / options.length),
    };
  }
  if (type !== 'uniform' && type !== 'quniform')
    throw invalid(`Bayesian sampling needs choice, uniform or quniform; "${name}" is drawn from ${type}.`);
  const [low, high] = given;
  return {
    name,
    axis: 0,
    coordinateOf: (value) => Math.min(1, Math.max(0, (Number(value) - low) / (high - low || 1))),
    valueOf: (coordinate) => valueAt(distribution, coordinate),
  };
}
