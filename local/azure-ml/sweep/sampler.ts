/** Which values a trial of a sweep gets: of its number only, so that a restart goes on as it would have. */
import { mulberry32 } from '#shared/domain/gates/statistics/bootstrap.ts';
import { sha256 } from '#shared/domain/digest.ts';

import { invalid, notServed } from '../arm-error.ts';
import { valueAt, type SearchSpace, type SearchValue } from './search-space.ts';
import { sobol, SOBOL_DIMENSIONS } from './sobol.ts';

/** How trials are chosen. */
export interface Sampling {
  readonly samplingAlgorithmType: 'Random' | 'Grid' | 'Bayesian';
  readonly seed?: number | null | undefined;
  readonly rule?: 'Random' | 'Sobol' | null | undefined;
}

/** Values of a trial by its number from 0; undefined: there is no further one. */
export type Sampler = (trial: number) => Readonly<Record<string, SearchValue>> | undefined;

/**
 * @param name - of the sweep: its seed where it names none
 * @throws {ArmError} the space and the way to choose don't fit, or the way is not served
 */
export function samplerOf(name: string, { samplingAlgorithmType, seed, rule }: Sampling, space: SearchSpace): Sampler {
  switch (samplingAlgorithmType) {
    case 'Grid':
      return gridSampler(space);
    case 'Bayesian':
      throw notServed('Bayesian sampling (choose random, with the rule sobol for an even cover, or grid)');
    case 'Random':
      return rule === 'Sobol' ? sobolSampler(space) : randomSampler(space, seed ?? seedOf(name));
  }
}

function seedOf(name: string): number {
  return Number.parseInt(sha256(name).slice(0, 8), 16);
}

function randomSampler(space: SearchSpace, seed: number): Sampler {
  return (trial) => {
    const random = mulberry32((seed + Math.imul(trial, 0x9e3779b1)) >>> 0);
    return draw(space, () => random());
  };
}

function sobolSampler(space: SearchSpace): Sampler {
  if (space.size > SOBOL_DIMENSIONS)
    throw notServed(`A Sobol sequence of ${space.size} dimensions (at most ${SOBOL_DIMENSIONS})`);
  // The first point is the origin, a corner; every sequence leaves it out.
  return (trial) => draw(space, (dimension) => sobol(trial + 1, dimension));
}

function draw(space: SearchSpace, at: (dimension: number) => number): Record<string, SearchValue> {
  return Object.fromEntries(
    [...space].map(([name, distribution], dimension) => [name, valueAt(distribution, at(dimension))] as const),
  );
}

/** @source Azure ML, "Hyperparameter tuning a model": grid sampling can only be used with choice */
function gridSampler(space: SearchSpace): Sampler {
  const axes = [...space].map(([name, [type, given]]) => {
    if (type !== 'choice') throw invalid(`Grid sampling needs choices; "${name}" is drawn from ${type}.`);
    return { name, values: given[0] };
  });
  const size = axes.reduce((product, { values }) => product * values.length, 1);
  return (trial) => {
    if (trial >= size) return undefined;
    let rest = trial;
    const entries = axes.toReversed().map(({ name, values }) => {
      const value = values[rest % values.length] ?? 0;
      rest = Math.floor(rest / values.length);
      return [name, value] as const;
    });
    return Object.fromEntries(entries.toReversed());
  };
}
