/** Judges a candidate by the gates of its pipeline. */
import type { EvaluationMetrics } from '#shared/contracts/evaluation.ts';
import type { Gate, GateVerdict } from '#shared/contracts/gates.ts';

import { judgeAbsolute, judgeRange } from './absolute-gates.ts';
import { judgeBetter, judgeNotWorse } from './paired-gates.ts';
import type { Predictions } from './predictions.ts';

/**
 * Judges every gate, also after one has failed: whoever reads the run sees all verdicts at once.
 *
 * @param gates - of the pipeline version
 * @param predictions - of the evaluate job; undefined where it wrote none
 * @param metrics - of the evaluate job
 * @param context - `hasChampion`: whether `champion` in the predictions is another model; without one, gates that
 *   compare pass with the reason `no-champion`
 * @returns one verdict a gate, in their order; the same input always gives the same verdicts
 */
export function evaluateGates(
  gates: readonly Gate[],
  predictions: Predictions | undefined,
  metrics: EvaluationMetrics,
  context: { readonly hasChampion: boolean },
): GateVerdict[] {
  return gates.map((gate) => {
    if ('betterThanChampionBy' in gate) return judgeBetter(gate, predictions, context.hasChampion);
    if ('notWorseThanChampion' in gate) return judgeNotWorse(gate, predictions, context.hasChampion);
    if ('between' in gate) return judgeRange(gate, predictions, metrics);
    return judgeAbsolute(gate, predictions, metrics);
  });
}

/** @returns whether the candidate may go on: every gate passed, and there was one */
export function allPassed(verdicts: readonly GateVerdict[]): boolean {
  return verdicts.length > 0 && verdicts.every(({ verdict }) => verdict === 'passed');
}
