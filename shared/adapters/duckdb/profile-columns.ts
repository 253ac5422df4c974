import type { ContractColumn } from '#shared/domain/data-contract/data-contract.ts';
import type { DataProfile } from '#shared/contracts/data-inspection.ts';

import { ALL } from './check-table.ts';
import { excerpt } from './load-file.ts';
import type { LockedSession } from './locked-session.ts';
import { typed } from './value-conditions.ts';

/** Probabilities of the quantiles. */
const PROBABILITIES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
/** How many of the most frequent values. */
const TOP = 20;

/** Exact profile of every column over all rows. */
export async function profileColumns(
  session: LockedSession,
  columns: readonly ContractColumn[],
): Promise<DataProfile['columns']> {
  const profiles: DataProfile['columns'] = [];
  for (const [at, column] of columns.entries()) profiles.push(await profileColumn(session, column, at));
  return profiles;
}

async function profileColumn(
  session: LockedSession,
  column: ContractColumn,
  at: number,
): Promise<DataProfile['columns'][number]> {
  const value = typed(column, at);
  const numeric = column.type === 'integer' || column.type === 'number';
  const numbers = numeric
    ? `, avg(${value}::DOUBLE) AS mean, quantile_disc(${value}::DOUBLE, [${PROBABILITIES.join(', ')}]) AS quantiles`
    : '';
  const [row] = await session.query(
    `SELECT count(*) - count(c${at}) AS nulls, count(DISTINCT c${at}) AS distinct_values, CAST(min(${value}) AS VARCHAR) AS minimum, CAST(max(${value}) AS VARCHAR) AS maximum${numbers} FROM ${ALL}`,
  );
  const top = await session.query(
    `SELECT c${at} AS value, count(*) AS count FROM ${ALL} WHERE c${at} IS NOT NULL GROUP BY c${at} ORDER BY count DESC, value LIMIT ${TOP}`,
  );
  const quantiles = Array.isArray(row?.['quantiles']) ? row['quantiles'].map(Number) : [];
  const mean = row?.['mean'];
  return {
    name: column.name,
    type: column.type,
    nulls: Number(row?.['nulls'] ?? 0),
    distinct: Number(row?.['distinct_values'] ?? 0),
    minimum: text(row?.['minimum']),
    maximum: text(row?.['maximum']),
    mean: mean === null || mean === undefined ? null : Number(mean),
    quantiles: Object.fromEntries(quantiles.map((quantile, index) => [String(PROBABILITIES[index]), quantile])),
    top: top.map((one) => ({ value: excerpt(String(one['value'])), count: Number(one['count']) })),
  };
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? excerpt(value) : null;
}
