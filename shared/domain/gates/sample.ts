/** The rows that a gate looks at, and whether they are enough. */
import type { Gate, VerdictReason } from '#shared/contracts/gates.ts';

import type { Predictions } from './predictions.ts';

/** Labels and probabilities of the rows of one evaluation or one slice. */
export interface Sample {
  readonly labels: readonly (0 | 1)[];
  readonly candidate: readonly number[];
  readonly champion: readonly number[];
}

/** @returns the rows of the predictions whose index is given */
export function sampleOf(predictions: Predictions, rows: readonly number[]): Sample {
  return {
    labels: rows.map((row) => predictions.labels[row] ?? 0),
    candidate: rows.map((row) => predictions.candidate[row] ?? 0),
    champion: rows.map((row) => predictions.champion[row] ?? 0),
  };
}

/** @returns size of the sample, as every verdict shows it */
export function sizeOf(sample: Sample): { readonly rows: number; readonly positives: number } {
  return { rows: sample.labels.length, positives: sample.labels.filter((label) => label === 1).length };
}

/** @returns why the sample is too small for the gate, or undefined */
export function lackOf(sample: Sample, minimum: Gate['minimum']): VerdictReason | undefined {
  const { rows, positives } = sizeOf(sample);
  if (rows < minimum.rows) return 'too-few-rows';
  if (Math.min(positives, rows - positives) < minimum.perClass) return 'too-few-of-a-label';
  return undefined;
}
