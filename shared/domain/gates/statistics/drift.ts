/** How far two samples of one feature are apart: the population stability index, and Kolmogorov and Smirnov's test. */

/** Least share of a bin, so that an empty one doesn't make the index infinite. @source demo-data.md 6 */
const PSI_FLOOR = 1e-4;

/**
 * @param before - count by bin of the sample that is the measure
 * @param after - count by bin of the other sample, the same bins
 * @returns population stability index, 0 for equal shares; 0.1 is worth a look, 0.25 an alarm
 */
export function psi(before: readonly number[], after: readonly number[]): number {
  const from = shares(before);
  const to = shares(after);
  return from.reduce(
    (sum, share, bin) => sum + ((to[bin] ?? PSI_FLOOR) - share) * Math.log((to[bin] ?? PSI_FLOOR) / share),
    0,
  );
}

function shares(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => Math.max(PSI_FLOOR, count / total));
}

/** Outcome of {@link kolmogorovSmirnov}. */
export interface KolmogorovSmirnovOutcome {
  /** Largest distance of the two distribution functions. */
  readonly distance: number;
  /** Asymptotic, two-sided. */
  readonly p: number;
}

/**
 * @param first - at least one number
 * @param second - at least one number
 * @source Kolmogorov's limit distribution with the effective size nm/(n+m)
 */
export function kolmogorovSmirnov(first: readonly number[], second: readonly number[]): KolmogorovSmirnovOutcome {
  const a = Float64Array.from(first).sort();
  const b = Float64Array.from(second).sort();
  let distance = 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i] ?? 0, b[j] ?? 0);
    while (i < a.length && a[i] === value) i += 1;
    while (j < b.length && b[j] === value) j += 1;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  const size = (a.length * b.length) / (a.length + b.length);
  return { distance, p: kolmogorovTail(distance * Math.sqrt(size)) };
}

/** Below this the series needs many terms, and the tail is 1 to twelve digits. */
const KOLMOGOROV_ONE = 0.2;

function kolmogorovTail(x: number): number {
  if (x < KOLMOGOROV_ONE) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k += 1) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return Math.min(1, Math.max(0, sum));
}
