/** Which values a trial of a sweep gets. */
import { sha256 } from '#shared/domain/digest.ts';

import { bayesianSampler } from './bayesian-sampler.ts';
import { gridSampler } from './grid-sampler.ts';
import { randomSampler, sobolSampler } from './random-sampler.ts';
import type { Sampler, Sampling } from './sampling.ts';
import type { SearchSpace } from './search-space.ts';

/**
 * @param name - of the sweep: its seed where it names none
 * @param goal - what is better; Bayesian sampling learns from it
 * @throws {ArmError} the space and the way to choose don't fit
 */
export function samplerOf(
  name: string,
  { samplingAlgorithmType, seed, rule }: Sampling,
  space: SearchSpace,
  goal: 'Minimize' | 'Maximize',
): Sampler {
  switch (samplingAlgorithmType) {
    case 'Grid':
      return gridSampler(space);
    case 'Bayesian':
      return bayesianSampler(space, seed ?? seedOf(name), goal);
    case 'Random':
      return rule === 'Sobol' ? sobolSampler(space, seed ?? undefined) : randomSampler(space, seed ?? seedOf(name));
  }
}

function seedOf(name: string): number {
  return Number.parseInt(sha256(name).slice(0, 8), 16);
}
