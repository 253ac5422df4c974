/** Which metric is which figure, and which way is better. */
import type { ComputedMetric, PairedMetric } from '#shared/contracts/gates.ts';

import {
  auc,
  averagePrecision,
  brier,
  expectedOverObserved,
  logLoss,
  recallAtTenPercent,
  type Figure,
  type Labels,
} from './statistics/figures.ts';

type MakeFigure = (labels: Labels, probabilities: readonly number[]) => Figure;

const figures: Readonly<Record<ComputedMetric, MakeFigure>> = {
  auc,
  averagePrecision,
  logLoss,
  brier,
  expectedOverObserved,
  recallAtTenPercent,
};

/** Metrics of which less is better. */
const losses: ReadonlySet<PairedMetric> = new Set<PairedMetric>(['logLoss', 'brier']);

/** @returns the figure of a metric that Whence computes, undefined for any other name */
export function figureOf(metric: string): MakeFigure | undefined {
  return Object.hasOwn(figures, metric) ? figures[metric as ComputedMetric] : undefined;
}

/** @returns how much better the candidate is than the champion, more being better, also for losses */
export function gainFigure(
  metric: PairedMetric,
  sample: { readonly labels: Labels; readonly candidate: readonly number[]; readonly champion: readonly number[] },
): Figure {
  const candidate = figures[metric](sample.labels, sample.candidate);
  const champion = figures[metric](sample.labels, sample.champion);
  return losses.has(metric) ? (rows) => champion(rows) - candidate(rows) : (rows) => candidate(rows) - champion(rows);
}
