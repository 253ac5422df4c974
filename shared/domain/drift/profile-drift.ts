/**
 * How far the data of one run is from that of another, column by column, told from their profiles alone: no row is read
 * again. What a profile does not hold is interpolated, so an index is an estimate; a verdict needs the rows.
 */
import type { DataProfile } from '#shared/contracts/data-inspection.ts';

import { psi } from '../gates/statistics/drift.ts';

type Column = DataProfile['columns'][number];

/** Population stability index of one column; 0.1 is worth a look, 0.25 an alarm. */
export interface ColumnDrift {
  readonly column: string;
  readonly psi: number;
}

/**
 * @param before - profile of the data that the model learned from
 * @param after - profile of the new data
 * @returns the columns of both that can be compared, most drifted first. Dates, and texts whose frequent values cover
 * less than half of the rows (names, ids), say nothing here and are left out
 */
export function profileDrift(before: DataProfile, after: DataProfile): readonly ColumnDrift[] {
  const drifts = before.columns.flatMap((column): readonly ColumnDrift[] => {
    const twin = after.columns.find((one) => one.name === column.name && one.type === column.type);
    if (twin === undefined || before.rows === 0 || after.rows === 0) return [];
    const counts = isNumeric(column)
      ? numericCounts(column, before.rows, twin, after.rows)
      : valueCounts(column, before.rows, twin, after.rows);
    return counts === undefined ? [] : [{ column: column.name, psi: psi(counts.before, counts.after) }];
  });
  return drifts.sort((a, b) => b.psi - a.psi);
}

interface Counts {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function isNumeric({ quantiles, type }: Column): boolean {
  return (type === 'integer' || type === 'number') && Object.keys(quantiles).length > 0;
}

/** Counts between the quantiles of the first sample, and of what is missing. */
function numericCounts(before: Column, beforeRows: number, after: Column, afterRows: number): Counts | undefined {
  if (!isNumeric(after)) return undefined;
  const edges = [...new Set(Object.values(before.quantiles))].sort((a, b) => a - b);
  const between = (column: Column, rows: number): number[] => {
    const below = edges.map((edge) => shareUpTo(column, edge));
    const shares = [...below, 1].map((share, at) => share - (below[at - 1] ?? 0));
    return [...shares.map((share) => share * (rows - column.nulls)), column.nulls];
  };
  return { before: between(before, beforeRows), after: between(after, afterRows) };
}

/** Share of the values up to an edge: exact at the column's own quantiles, on a straight line between them. */
function shareUpTo(column: Column, edge: number): number {
  const points = Object.entries(column.quantiles)
    .map(([share, value]) => ({ value, share: Number(share) }))
    .sort((a, b) => a.value - b.value || a.share - b.share);
  const all = [{ value: Number(column.minimum), share: 0 }, ...points, { value: Number(column.maximum), share: 1 }];
  if (edge >= Number(column.maximum)) return 1;
  const at = all.findLastIndex(({ value }) => value <= edge);
  const low = all[at];
  const high = all[at + 1];
  if (low === undefined) return 0;
  if (high === undefined || high.value === low.value) return low.share;
  return low.share + ((edge - low.value) / (high.value - low.value)) * (high.share - low.share);
}

/** Counts of each frequent value of either sample, of all others, and of what is missing. */
function valueCounts(before: Column, beforeRows: number, after: Column, afterRows: number): Counts | undefined {
  if (before.type !== 'string' && before.type !== 'boolean') return undefined;
  const values = [...new Set([...before.top, ...after.top].map(({ value }) => value))];
  const of = (column: Column, rows: number): number[] => {
    const known = values.map((value) => column.top.find((one) => one.value === value)?.count ?? 0);
    const rest = rows - column.nulls - known.reduce((sum, count) => sum + count, 0);
    return [...known, rest, column.nulls];
  };
  const covered = before.top.reduce((sum, { count }) => sum + count, 0);
  if (covered < (beforeRows - before.nulls) / 2) return undefined;
  return { before: of(before, beforeRows), after: of(after, afterRows) };
}
