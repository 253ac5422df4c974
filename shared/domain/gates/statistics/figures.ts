/**
 * The figures of a binary classifier. A figure is made once from labels and probabilities and then asked about any
 * draw of rows: all of them for the metric itself, resampled ones for its interval. Scores are ranked once, so that a
 * draw costs one pass and no sort.
 */

/** 1 for a positive, 0 for a negative, by row. */
export type Labels = readonly (0 | 1)[];

/** A figure of the given rows (indexes, repetitions count); NaN where these rows have no such figure. */
export type Figure = (rows: Uint32Array) => number;

/** Probabilities are kept this far from 0 in the logarithm, so that one sure mistake isn't infinite. */
const SMALLEST_PROBABILITY = 1e-15;

/** @returns indexes of all of `count` rows */
export function allRows(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => index);
}

/** @returns mean of −ln of the probability that was given to what happened */
export function logLoss(labels: Labels, probabilities: readonly number[]): Figure {
  return meanOf(
    probabilities.map(
      (probability, index) =>
        -Math.log(Math.max(SMALLEST_PROBABILITY, labels[index] === 1 ? probability : 1 - probability)),
    ),
  );
}

/** @returns mean of the squared errors */
export function brier(labels: Labels, probabilities: readonly number[]): Figure {
  return meanOf(probabilities.map((probability, index) => (probability - (labels[index] ?? 0)) ** 2));
}

/** @returns predicted positives over observed ones: above 1 the model warns too often */
export function expectedOverObserved(labels: Labels, probabilities: readonly number[]): Figure {
  const expected = meanOf(probabilities);
  const observed = meanOf(labels);
  return (rows) => {
    const rate = observed(rows);
    return rate === 0 ? Number.NaN : expected(rows) / rate;
  };
}

/** @returns probability that a positive scores above a negative, ties counting half */
export function auc(labels: Labels, scores: readonly number[]): Figure {
  return ofRanks(labels, scores, ({ positives, negatives, positivesInAll, negativesInAll }) => {
    let beaten = 0;
    let below = 0;
    for (let rank = 0; rank < positives.length; rank += 1) {
      const here = negatives[rank] ?? 0;
      beaten += (positives[rank] ?? 0) * (below + here / 2);
      below += here;
    }
    return beaten / (positivesInAll * negativesInAll);
  });
}

/**
 * @returns sum over the distinct scores, from the highest, of precision times gain in recall
 * @source the step form, as scikit-learn's `average_precision_score`
 */
export function averagePrecision(labels: Labels, scores: readonly number[]): Figure {
  return ofRanks(labels, scores, ({ positives, negatives, positivesInAll }) => {
    let area = 0;
    let found = 0;
    let seen = 0;
    for (let rank = positives.length - 1; rank >= 0; rank -= 1) {
      const gained = positives[rank] ?? 0;
      found += gained;
      seen += gained + (negatives[rank] ?? 0);
      if (gained > 0) area += (gained / positivesInAll) * (found / seen);
    }
    return positivesInAll === 0 ? Number.NaN : area;
  });
}

/** @returns share of the positives among the tenth of the rows with the highest scores; of a tie at the edge its share */
export function recallAtTenPercent(labels: Labels, scores: readonly number[]): Figure {
  return ofRanks(labels, scores, ({ positives, negatives, positivesInAll, negativesInAll }) => {
    let alerts = alertsOf(positivesInAll + negativesInAll);
    let found = 0;
    for (let rank = positives.length - 1; rank >= 0 && alerts > 0; rank -= 1) {
      const tied = (positives[rank] ?? 0) + (negatives[rank] ?? 0);
      if (tied === 0) continue;
      const taken = Math.min(alerts, tied);
      found += (positives[rank] ?? 0) * (taken / tied);
      alerts -= taken;
    }
    return found / positivesInAll;
  });
}

/**
 * Which rows would raise an alert if a tenth of all rows may: those with the highest scores, ties by the order of rows.
 *
 * @returns by row, whether the alert was right: raised for a positive, or not raised for a negative
 */
export function rightTenPercentAlerts(labels: Labels, scores: readonly number[]): boolean[] {
  const order = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  const alerted = new Set(order.slice(0, alertsOf(scores.length)));
  return labels.map((label, index) => alerted.has(index) === (label === 1));
}

function alertsOf(rows: number): number {
  return Math.round(rows / 10);
}

function meanOf(values: readonly number[]): Figure {
  const fast = Float64Array.from(values);
  return (rows) => {
    let sum = 0;
    for (let index = 0; index < rows.length; index += 1) sum += fast[rows[index] ?? 0] ?? 0;
    return sum / rows.length;
  };
}

/** How many drawn positives and negatives have each distinct score, from the lowest. */
interface RankCounts {
  readonly positives: Uint32Array;
  readonly negatives: Uint32Array;
  readonly positivesInAll: number;
  readonly negativesInAll: number;
}

function ofRanks(labels: Labels, scores: readonly number[], figure: (counts: RankCounts) => number): Figure {
  const distinct = [...new Set(scores)].sort((a, b) => a - b);
  const rankOf = new Map(distinct.map((score, rank) => [score, rank]));
  const ranks = Uint32Array.from(scores, (score) => rankOf.get(score) ?? 0);
  const isPositive = Uint8Array.from(labels);
  const positives = new Uint32Array(distinct.length);
  const negatives = new Uint32Array(distinct.length);
  return (rows) => {
    positives.fill(0);
    negatives.fill(0);
    let positivesInAll = 0;
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] ?? 0;
      const counts = isPositive[row] === 1 ? positives : negatives;
      const rank = ranks[row] ?? 0;
      counts[rank] = (counts[rank] ?? 0) + 1;
      positivesInAll += isPositive[row] ?? 0;
    }
    return figure({ positives, negatives, positivesInAll, negativesInAll: rows.length - positivesInAll });
  };
}
