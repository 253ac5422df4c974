/** McNemar's exact test: do two classifiers that saw the same rows err equally often? */

/** Outcome of {@link mcNemar}. */
export interface McNemarOutcome {
  /** Rows that only the first got right. */
  readonly onlyFirst: number;
  /** Rows that only the second got right. */
  readonly onlySecond: number;
  /** Two-sided, exact. 1 where the two never differ. */
  readonly p: number;
}

/**
 * @param firstRight - whether the first was right, by row
 * @param secondRight - whether the second was right, by row
 */
export function mcNemar(firstRight: readonly boolean[], secondRight: readonly boolean[]): McNemarOutcome {
  let onlyFirst = 0;
  let onlySecond = 0;
  for (const [index, first] of firstRight.entries()) {
    const second = secondRight[index] === true;
    if (first && !second) onlyFirst += 1;
    if (!first && second) onlySecond += 1;
  }
  return { onlyFirst, onlySecond, p: signTest(Math.min(onlyFirst, onlySecond), onlyFirst + onlySecond) };
}

/** @returns P(at most `fewer` or at least `total − fewer` heads of `total` fair coins) */
function signTest(fewer: number, total: number): number {
  let logChoose = -total * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= fewer; k += 1) {
    tail += Math.exp(logChoose);
    logChoose += Math.log((total - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}
