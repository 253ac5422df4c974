/** How the trials of a sweep are chosen: the words of the payload, and what every way to choose is. */
import type { SearchValue } from './search-space.ts';

/** How trials are chosen. */
export interface Sampling {
  readonly samplingAlgorithmType: 'Random' | 'Grid' | 'Bayesian';
  readonly seed?: number | null | undefined;
  readonly rule?: 'Random' | 'Sobol' | null | undefined;
}

/** Name of a hyperparameter → its value in a trial. */
export type TrialValues = Readonly<Record<string, SearchValue>>;

/** A trial that was chosen before, in the order of the trials. */
export interface TriedTrial {
  readonly values: TrialValues;
  /** What it made of the primary metric; missing while it runs, and where it failed. */
  readonly metric?: number | undefined;
}

/**
 * Values of a trial; undefined: there is no further one.
 *
 * @param trial - its number from 0
 * @param tried - those before it; only Bayesian sampling learns from them
 */
export type Sampler = (trial: number, tried?: readonly TriedTrial[]) => TrialValues | undefined;
