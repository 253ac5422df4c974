/** L2-penalised logistic regression by Newton's method. There is no random step: equal rows give equal weights. */
import { CholeskyDecomposition, Matrix } from 'ml-matrix';

const MOST_STEPS = 50;
const SMALLEST_STEP = 1e-8;

/**
 * Minimises the sum of the log losses plus penalty / 2 times the sum of the squared weights; the intercept is free.
 *
 * @param {{ column: number, value: number }[][]} rows - cells that aren't zero, by row
 * @param {(0 | 1)[]} labels
 * @param {number} columns - how many there are
 * @param {number} penalty - greater than 0
 * @returns {{ weights: number[], intercept: number, steps: number }}
 * @throws {Error} where the method doesn't settle, which for a positive penalty means broken input
 */
export function fitLogistic(rows, labels, columns, penalty) {
  const size = columns + 1;
  const cells = rows.map((row) => [...row, { column: columns, value: 1 }]);
  const weights = new Array(size).fill(0);
  for (let steps = 1; steps <= MOST_STEPS; steps += 1) {
    const step = newtonStep(cells, labels, weights, size, penalty);
    let largest = 0;
    for (let i = 0; i < size; i += 1) {
      weights[i] -= step.get(i, 0);
      largest = Math.max(largest, Math.abs(step.get(i, 0)));
    }
    if (largest < SMALLEST_STEP) return { weights: weights.slice(0, columns), intercept: weights[columns], steps };
  }
  throw new Error(`The regression did not settle within ${MOST_STEPS} steps.`);
}

function newtonStep(cells, labels, weights, size, penalty) {
  const gradient = Matrix.zeros(size, 1);
  const hessian = Matrix.zeros(size, size);
  for (let i = 0; i < size - 1; i += 1) {
    gradient.set(i, 0, penalty * weights[i]);
    hessian.set(i, i, penalty);
  }
  for (const [index, row] of cells.entries()) {
    const probability = logistic(row.reduce((sum, { column, value }) => sum + value * weights[column], 0));
    const curvature = probability * (1 - probability);
    for (const a of row) {
      gradient.set(a.column, 0, gradient.get(a.column, 0) + a.value * (probability - labels[index]));
      // Only one triangle is summed, then copied: the decomposition refuses a matrix that rounding made asymmetric.
      for (const b of row) {
        if (b.column > a.column) continue;
        hessian.set(a.column, b.column, hessian.get(a.column, b.column) + curvature * a.value * b.value);
      }
    }
  }
  for (let i = 0; i < size; i += 1) for (let j = 0; j < i; j += 1) hessian.set(j, i, hessian.get(i, j));
  return new CholeskyDecomposition(hessian).solve(gradient);
}

/** @returns 1 / (1 + e^−x) */
export function logistic(x) {
  return 1 / (1 + Math.exp(-x));
}
