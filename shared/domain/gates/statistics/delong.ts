/** The paired test of two areas under the ROC curve on the same rows. */
import { twoSidedP, twoSidedZ } from './normal.ts';

type Labels = readonly (0 | 1)[];

/**
 * @param values - any finite numbers
 * @returns the rank of each, from 1; equal values share the mean of their ranks
 */
export function midranks(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const ranks = new Array<number>(values.length).fill(0);
  let from = 0;
  while (from < order.length) {
    let to = from;
    while (to + 1 < order.length && order[to + 1]?.value === order[from]?.value) to += 1;
    for (const tied of order.slice(from, to + 1)) ranks[tied.index] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return ranks;
}

/** Outcome of {@link deLong}. */
export interface AucComparison {
  readonly first: number;
  readonly second: number;
  /** second − first. */
  readonly difference: number;
  readonly standardError: number;
  /** 0 where the standard error is 0 and so is the difference. */
  readonly z: number;
  /** Two-sided. 1 where both models rank every row alike. */
  readonly p: number;
  readonly low: number;
  readonly high: number;
}

/**
 * DeLong's test of two correlated areas. Two models that rank the rows alike have variance 0: then p is 1.
 *
 * @param labels - at least two of each label
 * @param confidence - two-sided, of the interval of the difference
 * @source DeLong, DeLong, Clarke-Pearson (1988); midrank form by Sun and Xu (2014)
 */
export function deLong(
  labels: Labels,
  first: readonly number[],
  second: readonly number[],
  confidence: number,
): AucComparison {
  const a = placements(labels, first);
  const b = placements(labels, second);
  const variance = varianceOfDifference(a.positives, b.positives) + varianceOfDifference(a.negatives, b.negatives);
  const difference = b.auc - a.auc;
  const standardError = Math.sqrt(variance);
  const z = standardError === 0 ? 0 : difference / standardError;
  const margin = twoSidedZ(confidence) * standardError;
  return {
    first: a.auc,
    second: b.auc,
    difference,
    standardError,
    z,
    p: standardError === 0 ? (difference === 0 ? 1 : 0) : twoSidedP(z),
    low: difference - margin,
    high: difference + margin,
  };
}

interface Placements {
  readonly auc: number;
  /** For each positive: share of the negatives that it beats. */
  readonly positives: readonly number[];
  /** For each negative: share of the positives that beat it. */
  readonly negatives: readonly number[];
}

function placements(labels: Labels, scores: readonly number[]): Placements {
  const all = midranks(scores);
  const pick = <T>(values: readonly T[], label: 0 | 1): T[] => values.filter((_, index) => labels[index] === label);
  const positiveRanks = midranks(pick(scores, 1));
  const negativeRanks = midranks(pick(scores, 0));
  const m = positiveRanks.length;
  const n = negativeRanks.length;
  const positives = pick(all, 1).map((rank, index) => (rank - (positiveRanks[index] ?? 0)) / n);
  const negatives = pick(all, 0).map((rank, index) => 1 - (rank - (negativeRanks[index] ?? 0)) / m);
  return { auc: mean(positives), positives, negatives };
}

function varianceOfDifference(a: readonly number[], b: readonly number[]): number {
  const differences = a.map((value, index) => (b[index] ?? 0) - value);
  const center = mean(differences);
  const squares = differences.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return squares / (differences.length - 1) / differences.length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
