/**
 * The bootstrap over rows: how much would a figure move with another sample of the same size? Seeded, so that the
 * same predictions always give the same interval.
 */
import type { Figure } from './figures.ts';

/** Seed of every interval. @source demo-data.md, whose figures are to be met */
export const BOOTSTRAP_SEED = 2026;
/** Draws of every interval. @source demo-data.md */
export const BOOTSTRAP_DRAWS = 2_000;
/** With fewer draws that gave a number there is no interval: too many samples lack a label. */
export const LEAST_DRAWS = 1_900;

/**
 * @param seed - 32 bits
 * @returns a generator of numbers from 0 (included) to 1 (not included)
 * @source Tommy Ettinger's mulberry32, public domain
 */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Keeps a share such as 0.05 / 2 of 2,000 draws from falling to 49.999…. */
const ROUNDING = 1e-9;

/** A percentile interval: as many draws lie below it as above. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Draws that gave a number; a draw without one of the labels may give none. */
  readonly draws: number;
  /** Two-sided p-value of "the figure is 0": twice the smaller share of draws on either side, never below 2 / (draws + 1). */
  readonly p: number;
}

/**
 * @param rows - how many rows there are, which is also the size of each draw
 * @param figure - asked once a draw; the array is reused by the next draw
 * @param confidence - two-sided
 * @param draws - how many draws
 * @returns the percentile interval of the figure; draws that gave NaN are left out and not counted
 */
export function bootstrap(rows: number, figure: Figure, confidence: number, draws: number = BOOTSTRAP_DRAWS): Interval {
  const random = mulberry32(BOOTSTRAP_SEED);
  const drawn = new Uint32Array(rows);
  const figures: number[] = [];
  for (let draw = 0; draw < draws; draw += 1) {
    for (let index = 0; index < rows; index += 1) drawn[index] = Math.floor(random() * rows);
    const value = figure(drawn);
    if (!Number.isNaN(value)) figures.push(value);
  }
  figures.sort((a, b) => a - b);
  const below = Math.floor(((1 - confidence) / 2) * figures.length + ROUNDING);
  return {
    low: figures[below] ?? Number.NaN,
    high: figures[figures.length - 1 - below] ?? Number.NaN,
    draws: figures.length,
    p: pOfZero(figures),
  };
}

function pOfZero(figures: readonly number[]): number {
  const below = figures.filter((figure) => figure <= 0).length;
  const above = figures.filter((figure) => figure >= 0).length;
  return Math.min(1, (2 * (Math.min(below, above) + 1)) / (figures.length + 1));
}
