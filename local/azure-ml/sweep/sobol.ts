/**
 * Points of a Sobol sequence, which cover a space more evenly than random ones.
 *
 * @source Joe and Kuo, `new-joe-kuo-6.21201` (2010): degree s, coefficients a, initial m of dimensions 2 to 21
 */
const directions: readonly (readonly [number, number, readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]],
  [5, 7, [1, 1, 7, 11, 19]],
  [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]],
  [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]],
  [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]],
  [6, 19, [1, 1, 1, 15, 7, 5]],
  [6, 22, [1, 3, 1, 15, 13, 25]],
  [6, 25, [1, 1, 5, 5, 19, 61]],
  [7, 1, [1, 3, 7, 11, 23, 15, 103]],
  [7, 4, [1, 3, 7, 13, 13, 15, 69]],
];
const BITS = 31;

/** Most dimensions there are numbers for. */
export const SOBOL_DIMENSIONS = directions.length + 1;

/**
 * @param index - from 0; the point 0 is the origin
 * @param dimension - from 0 to below {@link SOBOL_DIMENSIONS}
 * @returns a coordinate from 0 to below 1
 */
export function sobol(index: number, dimension: number): number {
  const numbers = directionNumbers(dimension);
  // Gray code: bit k of index XOR index/2 chooses direction number k.
  const gray = index ^ (index >>> 1);
  let point = 0;
  for (let bit = 0; bit < BITS; bit += 1) if ((gray >>> bit) & 1) point ^= numbers[bit] ?? 0;
  return (point >>> 0) / 2 ** BITS;
}

function directionNumbers(dimension: number): readonly number[] {
  if (dimension === 0) return Array.from({ length: BITS }, (_, bit) => 2 ** (BITS - 1 - bit));
  const [degree, coefficients, initial] = directions[dimension - 1] ?? [1, 0, [1]];
  const numbers = initial.map((m, bit) => m * 2 ** (BITS - 1 - bit));
  for (let bit = degree; bit < BITS; bit += 1) {
    const before = numbers[bit - degree] ?? 0;
    let next = before ^ (before >>> degree);
    for (let k = 1; k < degree; k += 1) if ((coefficients >>> (degree - 1 - k)) & 1) next ^= numbers[bit - k] ?? 0;
    numbers.push(next);
  }
  return numbers;
}
