/** The standard normal distribution, to about 1e-15 in the middle and to 1e-10 relative in the tails. */

const SERIES_UP_TO = 3;
const FRACTION_TERMS = 200;

/**
 * @param z - any finite number
 * @returns P(Z > z)
 * @source Marsaglia, Evaluating the Normal Distribution (2004), for the middle; Laplace's continued fraction of the
 *   Mills ratio for the tails, where one minus the middle's series would lose every digit
 */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const density = Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > SERIES_UP_TO) {
    let denominator = z;
    for (let k = FRACTION_TERMS; k >= 1; k -= 1) denominator = z + k / denominator;
    return density / denominator;
  }
  let sum = z;
  let term = z;
  for (let k = 3; term > sum * Number.EPSILON; k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 - density * sum;
}

/**
 * @param z - any finite number
 * @returns P(Z <= z)
 */
export function normalCdf(z: number): number {
  return upperTail(-z);
}

/**
 * @param z - a standard normal statistic
 * @returns P(|Z| >= |z|)
 */
export function twoSidedP(z: number): number {
  return Math.min(1, 2 * upperTail(Math.abs(z)));
}

/**
 * @param confidence - two-sided, between 0 and 1
 * @returns the z with P(|Z| <= z) = confidence, by bisection
 */
export function twoSidedZ(confidence: number): number {
  let low = 0;
  let high = 40;
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (1 - twoSidedP(middle) < confidence) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
