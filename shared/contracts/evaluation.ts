/**
 * What an evaluate job writes into its output `metrics`: `metrics.json`, and for a binary classifier
 * `predictions.csv`. Whence computes its statistics from the predictions itself, so that a verdict can be recomputed.
 */
import { z } from 'zod';

import { parsePredictions, type Predictions } from '#shared/domain/gates/predictions.ts';

/** Names of the files in the output `metrics` of an evaluate job. */
export const evaluationFiles = { metrics: 'metrics.json', predictions: 'predictions.csv' } as const;

/** `metrics.json`. */
export const evaluationMetrics = z.strictObject({
  schemaVersion: z.literal(1),
  priorRate: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe(
      'Share of positives among the rows that the candidate was trained on: what the bound `prior` always predicts. Without it the share among the evaluated rows counts.',
    ),
  metrics: z
    .record(z.string(), z.number())
    .default({})
    .describe('Further metrics of the candidate, by name, for gates over metrics that Whence does not compute.'),
  facts: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .default({})
    .describe('Facts shown beside the verdicts, never judged: the evaluation window, row counts.'),
});
/** See {@link evaluationMetrics}. */
export type EvaluationMetrics = z.output<typeof evaluationMetrics>;

/** An evaluation that has the right shape. `predictions` is absent where the job wrote none. */
export interface Evaluation {
  readonly metrics: EvaluationMetrics;
  readonly predictions: Predictions | undefined;
}

/**
 * @param files - contents of `metrics.json` and, where the job wrote it, of `predictions.csv`, as UTF-8 text
 * @returns the evaluation, or every problem found (a bounded number of them), each one a sentence that names the file
 */
export function parseEvaluation(files: {
  readonly metrics: string;
  readonly predictions?: string | undefined;
}): { readonly evaluation: Evaluation } | { readonly problems: readonly string[] } {
  const metrics = parseMetrics(files.metrics);
  const predictions = files.predictions === undefined ? undefined : parsePredictions(files.predictions);
  const problems = [
    ...('problems' in metrics ? metrics.problems : []),
    ...(predictions !== undefined && 'problems' in predictions ? predictions.problems : []),
  ];
  if ('problems' in metrics || (predictions !== undefined && 'problems' in predictions)) return { problems };
  return { evaluation: { metrics: metrics.metrics, predictions: predictions?.predictions } };
}

function parseMetrics(
  text: string,
): { readonly metrics: EvaluationMetrics } | { readonly problems: readonly string[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return {
      problems: [`${evaluationFiles.metrics} is not JSON: ${error instanceof Error ? error.message : String(error)}`],
    };
  }
  const parsed = evaluationMetrics.safeParse(value);
  if (parsed.success) return { metrics: parsed.data };
  return {
    problems: parsed.error.issues.map(
      (issue) =>
        `${evaluationFiles.metrics}, ${issue.path.length === 0 ? 'top level' : issue.path.join('.')}: ${issue.message}`,
    ),
  };
}
