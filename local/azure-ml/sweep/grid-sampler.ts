import { invalid } from '../arm-error.ts';
import type { Sampler } from './sampling.ts';
import type { SearchSpace } from './search-space.ts';

/**
 * Every combination once, the last hyperparameter first.
 *
 * @throws {ArmError} 400: a hyperparameter is no choice
 * @source Azure ML, "Hyperparameter tuning a model": grid sampling can only be used with choice
 */
export function gridSampler(space: SearchSpace): Sampler {
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
