import { expect, test } from 'vitest';

import type { DataProfile } from '#shared/contracts/data-inspection.ts';
import { profileDrift } from '#shared/domain/drift/profile-drift.ts';
import { psi } from '#shared/domain/gates/statistics/drift.ts';

type Column = DataProfile['columns'][number];

/** Probabilities of the inspector's quantiles. */
const PROBABILITIES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

function profile(rows: number, ...columns: readonly Column[]): DataProfile {
  return { schemaVersion: 1, rows, files: [], columns: [...columns] };
}

/** Profile of numbers, as the inspector makes it. */
function numbers(values: readonly number[], nulls = 0): DataProfile {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return profile(values.length + nulls, {
    name: 'x',
    type: 'number',
    nulls,
    distinct: new Set(values).size,
    minimum: String(sorted[0]),
    maximum: String(sorted.at(-1)),
    mean: null,
    quantiles: Object.fromEntries(PROBABILITIES.map((share) => [String(share), at(share)])),
    top: [],
  });
}

function texts(rows: number, top: Readonly<Record<string, number>>, type = 'string'): DataProfile {
  return profile(rows, {
    name: 'x',
    type,
    nulls: 0,
    distinct: Object.keys(top).length,
    minimum: null,
    maximum: null,
    mean: null,
    quantiles: {},
    top: Object.entries(top).map(([value, count]) => ({ value, count })),
  });
}

/** Even steps through a normal distribution. */
function bell(mean: number, count = 2_000): number[] {
  return Array.from({ length: count }, (_, at) => {
    const share = (at + 0.5) / count;
    return mean + Math.log(share / (1 - share)) / 1.702;
  });
}

test('the same data does not drift', () => {
  expect(profileDrift(numbers(bell(0)), numbers(bell(0)))[0]?.psi).toBeCloseTo(0, 6);
  expect(profileDrift(texts(9, { a: 4, b: 5 }), texts(90, { a: 40, b: 50 }))[0]?.psi).toBeCloseTo(0, 6);
});

test.each([0.25, 0.5, 1])('a shift by %d is told as the rows themselves tell it, within a fifth', (shift) => {
  const before = bell(0);
  const after = bell(shift);
  const edges = Object.values(numbers(before).columns[0]?.quantiles ?? {});
  const bins = (values: readonly number[]): number[] =>
    [...edges, Infinity].map(
      (edge, at) => values.filter((one) => one <= edge && one > (edges[at - 1] ?? -Infinity)).length,
    );
  const exact = psi(bins(before), bins(after));
  const estimate = profileDrift(numbers(before), numbers(after))[0]?.psi ?? 0;
  expect(estimate / exact).toBeGreaterThan(0.8);
  expect(estimate / exact).toBeLessThan(1.2);
});

test('a constant, missing values and a new value are told', () => {
  expect(profileDrift(numbers([5, 5, 5]), numbers([5, 5, 5]))[0]?.psi).toBeCloseTo(0, 6);
  expect(profileDrift(numbers(bell(0)), numbers(bell(0), 1_000))[0]?.psi).toBeGreaterThan(0.25);
  expect(profileDrift(texts(100, { a: 50, b: 50 }), texts(100, { a: 50, c: 50 }))[0]?.psi).toBeGreaterThan(0.25);
});

test('what cannot be compared is left out: ids, dates, other types, other columns, nothing', () => {
  expect(profileDrift(texts(1_000, { a: 1, b: 1 }), texts(1_000, { c: 1 }))).toEqual([]);
  expect(profileDrift(texts(2, { a: 1, b: 1 }, 'date'), texts(2, { a: 2 }, 'date'))).toEqual([]);
  expect(profileDrift(numbers(bell(0)), texts(2, { a: 2 }))).toEqual([]);
  expect(profileDrift(numbers(bell(0)), profile(0))).toEqual([]);
});

test('the most drifted column comes first', () => {
  const both = (first: DataProfile, second: DataProfile): DataProfile =>
    profile(first.rows, ...first.columns, ...second.columns.map((column) => ({ ...column, name: 'y' })));
  const drifts = profileDrift(both(numbers(bell(0)), numbers(bell(0))), both(numbers(bell(0)), numbers(bell(2))));
  expect(drifts.map(({ column }) => column)).toEqual(['y', 'x']);
});
