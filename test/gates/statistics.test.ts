import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { bootstrap, mulberry32 } from '#shared/domain/gates/statistics/bootstrap.ts';
import { deLong, midranks } from '#shared/domain/gates/statistics/delong.ts';
import { kolmogorovSmirnov, psi } from '#shared/domain/gates/statistics/drift.ts';
import {
  allRows,
  auc,
  averagePrecision,
  brier,
  expectedOverObserved,
  logLoss,
  recallAtTenPercent,
  type Labels,
} from '#shared/domain/gates/statistics/figures.ts';
import { mcNemar } from '#shared/domain/gates/statistics/mcnemar.ts';
import { normalCdf, twoSidedP, twoSidedZ, upperTail } from '#shared/domain/gates/statistics/normal.ts';

/** Labels with at least two of each, and scores on a coarse grid, so that ties are common. */
const scored = fc
  .array(
    fc.record({
      label: fc.constantFrom<0 | 1>(0, 1),
      a: fc.integer({ min: 0, max: 8 }),
      b: fc.integer({ min: 0, max: 8 }),
    }),
    { minLength: 8, maxLength: 40 },
  )
  .filter(
    (rows) =>
      rows.filter(({ label }) => label === 1).length >= 2 && rows.filter(({ label }) => label === 0).length >= 2,
  )
  .map((rows) => ({
    labels: rows.map(({ label }) => label),
    a: rows.map(({ a }) => a / 8),
    b: rows.map(({ b }) => b / 8),
  }));

function wins(x: number, y: number): number {
  return x > y ? 1 : x === y ? 0.5 : 0;
}

function split(labels: Labels, scores: readonly number[]): [number[], number[]] {
  return [scores.filter((_, i) => labels[i] === 1), scores.filter((_, i) => labels[i] === 0)];
}

describe('area under the ROC curve', () => {
  it('is the share of pairs that are ordered rightly, ties counting half', () => {
    fc.assert(
      fc.property(scored, ({ labels, a }) => {
        const [positives, negatives] = split(labels, a);
        const won = positives.flatMap((x) => negatives.map((y) => wins(x, y))).reduce((sum, value) => sum + value, 0);
        expect(auc(labels, a)(allRows(labels.length))).toBeCloseTo(won / positives.length / negatives.length, 12);
      }),
    );
  });

  it('is no number where a label is missing', () => {
    expect(auc([1, 1], [0.2, 0.3])(allRows(2))).toBeNaN();
    expect(auc([0, 0], [0.2, 0.3])(allRows(2))).toBeNaN();
  });
});

describe('the DeLong test', () => {
  it('has the variance of the all-pairs formula', () => {
    fc.assert(
      fc.property(scored, ({ labels, a, b }) => {
        const [pa, na] = split(labels, a);
        const [pb, nb] = split(labels, b);
        const ofPositives = pa.map(
          (x, i) => na.reduce((sum, y, j) => sum + wins(pb[i] ?? 0, nb[j] ?? 0) - wins(x, y), 0) / na.length,
        );
        const ofNegatives = na.map(
          (y, j) => pa.reduce((sum, x, i) => sum + wins(pb[i] ?? 0, nb[j] ?? 0) - wins(x, y), 0) / pa.length,
        );
        const variance = (values: number[]): number => {
          const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
          return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
        };
        const expected = Math.sqrt(variance(ofPositives) / pa.length + variance(ofNegatives) / na.length);
        const { standardError, first, second, difference } = deLong(labels, a, b, 0.95);
        expect(standardError).toBeCloseTo(expected, 10);
        expect(difference).toBeCloseTo(second - first, 12);
        expect(first).toBeCloseTo(auc(labels, a)(allRows(labels.length)), 12);
      }),
    );
  });

  it('says p = 1 for two models that are the same, whose variance is 0', () => {
    const labels: Labels = [0, 1, 0, 1, 1];
    const scores = [0.1, 0.7, 0.7, 0.3, 0.9];
    expect(deLong(labels, scores, scores, 0.95)).toMatchObject({
      difference: 0,
      standardError: 0,
      z: 0,
      p: 1,
      low: 0,
      high: 0,
    });
  });

  it('says p = 1 for two models that rank all rows alike', () => {
    const scores = [0.1, 0.7, 0.7, 0.3, 0.9];
    expect(
      deLong(
        [0, 1, 0, 1, 1],
        scores,
        scores.map((score) => score ** 2),
        0.95,
      ).p,
    ).toBe(1);
  });

  it('says p = 0 where one model is always right and the other always wrong', () => {
    expect(deLong([0, 0, 1, 1], [0.9, 0.8, 0.2, 0.1], [0.1, 0.2, 0.8, 0.9], 0.95)).toMatchObject({
      difference: 1,
      p: 0,
    });
  });
});

describe('midranks', () => {
  it('give equal values the mean of their ranks', () => {
    expect(midranks([3, 1, 3, 2, 3])).toEqual([4, 1, 4, 2, 4]);
  });
});

describe('scores', () => {
  const labels: Labels = [1, 0, 1, 0];
  const rows = allRows(4);

  it('give the log loss and the Brier score of the definition', () => {
    expect(logLoss(labels, [0.5, 0.5, 0.5, 0.5])(rows)).toBeCloseTo(Math.LN2, 12);
    expect(brier(labels, [0.5, 0.5, 0.5, 0.5])(rows)).toBe(0.25);
  });

  it('keep the log loss finite where a sure prediction was wrong', () => {
    expect(logLoss(labels, [0, 0, 1, 0])(rows)).toBeCloseTo(-Math.log(1e-15) / 4, 9);
  });

  it('give the average precision of a worked example with a tie', () => {
    expect(averagePrecision(labels, [0.9, 0.8, 0.8, 0.1])(rows)).toBeCloseTo(0.5 * 1 + 0.5 * (2 / 3), 12);
  });

  it('give expected over observed, and no number without positives', () => {
    expect(expectedOverObserved(labels, [0.5, 0.5, 0.5, 1])(rows)).toBeCloseTo(1.25, 12);
    expect(expectedOverObserved([0, 0], [0.5, 0.5])(allRows(2))).toBeNaN();
  });

  it('count the share of a tie at the edge of the alerts', () => {
    const scores = new Array<number>(20).fill(0.5);
    const mixed = scores.map((_, index) => (index < 5 ? 1 : 0) as 0 | 1);
    expect(recallAtTenPercent(mixed, scores)(allRows(20))).toBeCloseTo(0.1, 12);
  });

  it('count repeated rows of a draw as often as they were drawn', () => {
    expect(brier([1, 0], [0, 0])(Uint32Array.of(0, 0, 0, 1))).toBe(0.75);
  });
});

describe('the bootstrap', () => {
  it('gives the same interval every time', () => {
    const figure = logLoss([1, 0, 1, 0, 1], [0.9, 0.2, 0.6, 0.4, 0.3]);
    expect(bootstrap(5, figure, 0.95)).toEqual(bootstrap(5, figure, 0.95));
  });

  it('leaves out draws without a figure and says how many were left', () => {
    const { draws, low, high } = bootstrap(4, auc([1, 0, 0, 0], [0.9, 0.1, 0.2, 0.95]), 0.95);
    expect(draws).toBeGreaterThan(1_000);
    expect(draws).toBeLessThan(2_000);
    expect(low).toBeLessThanOrEqual(high);
  });

  it('has no interval where no draw has a figure', () => {
    expect(bootstrap(2, () => Number.NaN, 0.95)).toMatchObject({ draws: 0, low: Number.NaN, high: Number.NaN });
  });

  it('covers the truth about as often as it says', () => {
    const random = mulberry32(7);
    let covered = 0;
    for (let sample = 0; sample < 200; sample += 1) {
      const values = Array.from({ length: 60 }, () => random());
      const { low, high } = bootstrap(
        60,
        (rows) => rows.reduce((sum, row) => sum + (values[row] ?? 0), 0) / 60,
        0.9,
        400,
      );
      if (low <= 0.5 && high >= 0.5) covered += 1;
    }
    expect(covered / 200).toBeGreaterThan(0.83);
    expect(covered / 200).toBeLessThan(0.96);
  });

  it('says p = 1 for a figure that is always 0', () => {
    expect(bootstrap(3, () => 0, 0.95).p).toBe(1);
  });
});

describe('mulberry32', () => {
  it('is the published generator', () => {
    // Reference written out from the published C code with 32-bit unsigned arithmetic in BigInt.
    const reference = (seed: bigint): (() => number) => {
      const mask = 0xffffffffn;
      let state = seed;
      return () => {
        state = (state + 0x6d2b79f5n) & mask;
        let z = state;
        z = ((z ^ (z >> 15n)) * (z | 1n)) & mask;
        z ^= (z + (((z ^ (z >> 7n)) * (z | 61n)) & mask)) & mask;
        return Number(z ^ (z >> 14n)) / 2 ** 32;
      };
    };
    const [ours, theirs] = [mulberry32(2026), reference(2026n)];
    for (let i = 0; i < 1_000; i += 1) expect(ours()).toBe(theirs());
  });
});

describe('McNemar', () => {
  it('says p = 1 where the two never differ', () => {
    expect(mcNemar([true, false], [true, false])).toEqual({ onlyFirst: 0, onlySecond: 0, p: 1 });
  });

  it.each([
    [0, 1, 1],
    [0, 5, 0.0625],
    [1, 9, 0.021484375],
    [5, 5, 1],
  ])('of %i against %i discordant rows is exact', (one, other, p) => {
    const first = [...new Array<boolean>(one).fill(true), ...new Array<boolean>(other).fill(false)];
    expect(
      mcNemar(
        first,
        first.map((right) => !right),
      ).p,
    ).toBeCloseTo(p, 12);
  });
});

describe('the normal distribution', () => {
  it.each([
    [0, 0.5],
    [1, 0.15865525393145707],
    [1.959963984540054, 0.025],
    [2.999, 0.0013543365337271066],
    [3.4, 0.00033692926567687988],
    [6, 9.865876450376981e-10],
    [8, 6.220960574271786e-16],
  ])('has the tail above %d', (z, tail) => {
    expect(upperTail(z) / tail).toBeCloseTo(1, 9);
    expect(normalCdf(-z) / tail).toBeCloseTo(1, 9);
  });

  it('joins middle and tail without a step', () => {
    expect(upperTail(3 - 1e-12) / upperTail(3 + 1e-12)).toBeCloseTo(1, 9);
  });

  it('has the 95 % quantile', () => {
    expect(twoSidedZ(0.95)).toBeCloseTo(1.959963984540054, 9);
    expect(twoSidedP(-1.959963984540054)).toBeCloseTo(0.05, 12);
  });
});

describe('drift', () => {
  it('is 0 for equal shares and finite for empty bins', () => {
    expect(psi([1, 2, 3], [10, 20, 30])).toBeCloseTo(0, 12);
    expect(psi([1, 0], [0, 1])).toBeCloseTo(2 * (1 - 1e-4) * Math.log(1e4), 9);
  });

  it('finds no distance between a sample and itself, and all of it between apart ones', () => {
    expect(kolmogorovSmirnov([1, 2, 2, 3], [1, 2, 2, 3])).toEqual({ distance: 0, p: 1 });
    expect(kolmogorovSmirnov([1, 2], [3, 4]).distance).toBe(1);
  });
});
