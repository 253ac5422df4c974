/** Trials that are drawn, whatever others have shown: independent of each other, or evenly spread. */
import { mulberry32 } from '#shared/domain/gates/statistics/bootstrap.ts';

import { notServed } from '../arm-error.ts';
import type { Sampler, TrialValues } from './sampling.ts';
import { valueAt, type SearchSpace } from './search-space.ts';
import { sobol, SOBOL_DIMENSIONS } from './sobol.ts';

/** Keeps the generators of neighbouring trials apart. @source 2³² divided by the golden ratio, as hashes use it */
const APART = 0x9e3779b1;

/** @returns the generator of a trial, which needs no trial before it, so that a restart goes on as it would have */
export function trialRandom(seed: number, trial: number): () => number {
  return mulberry32((seed + Math.imul(trial, APART)) >>> 0);
}

/** Trials that are independent of each other. */
export function randomSampler(space: SearchSpace, seed: number): Sampler {
  return (trial) => {
    const random = trialRandom(seed, trial);
    return draw(space, () => random());
  };
}

/**
 * Trials of a Sobol sequence, each coordinate moved by the seed around the unit interval, which keeps the spread.
 *
 * @param seed - undefined: the sequence as it is
 * @throws {ArmError} 501: there are too many hyperparameters
 * @source Azure ML, "Hyperparameter tuning a model": sobol reproduces results by the seed and covers the space evenly;
 *   Cranley and Patterson (1976) for the move
 */
export function sobolSampler(space: SearchSpace, seed: number | undefined): Sampler {
  if (space.size > SOBOL_DIMENSIONS)
    throw notServed(`A Sobol sequence of ${space.size} dimensions (at most ${SOBOL_DIMENSIONS})`);
  const random = seed === undefined ? () => 0 : mulberry32(seed >>> 0);
  const moves = [...space].map(() => random());
  // The first point is the origin, a corner; every sequence leaves it out.
  return (trial) => draw(space, (dimension) => (sobol(trial + 1, dimension) + (moves[dimension] ?? 0)) % 1);
}

function draw(space: SearchSpace, at: (dimension: number) => number): TrialValues {
  return Object.fromEntries(
    [...space].map(([name, distribution], dimension) => [name, valueAt(distribution, at(dimension))] as const),
  );
}
