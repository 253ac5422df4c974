import type { ContractColumn, DataContract, TableCheck } from '#shared/domain/data-contract/data-contract.ts';
import type { Finding } from '#shared/contracts/data-inspection.ts';
import { describeComparison, holds } from '#shared/domain/data-contract/comparison.ts';

import type { LockedSession } from './locked-session.ts';
import { typed } from './value-conditions.ts';

/** Table of all rows of all files, made by the inspector. */
export const ALL = 'everything';

/** Checks that concern the data version as a whole: no single file is to blame for them. */
export async function checkTable(
  session: LockedSession,
  contract: DataContract,
  rows: number,
  sealedAt: string,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of contract.checks) findings.push(...(await tableCheck(session, contract.columns, check, rows)));
  if (contract.freshness !== undefined)
    findings.push(...(await freshness(session, contract, contract.freshness, rows, sealedAt)));
  return findings;
}

async function tableCheck(
  session: LockedSession,
  columns: readonly ContractColumn[],
  check: TableCheck,
  rows: number,
): Promise<Finding[]> {
  const broken = check.metric === 'rowCount' ? rows : await duplicateRows(session, columns, check.columns);
  const measured = check.must.unit === 'percent' ? (100 * broken) / Math.max(1, rows) : broken;
  if (holds(measured, check.must)) return [];
  const over =
    check.metric === 'rowCount'
      ? 'The number of rows'
      : `The number of rows that repeat ${check.columns.map((name) => `\`${name}\``).join(', ')}`;
  return [
    {
      rule: check.metric,
      message: `${over} is ${measured}, and ${describeComparison(check.must)}.`,
      count: broken,
      total: rows,
      samples: [],
    },
  ];
}

async function duplicateRows(
  session: LockedSession,
  columns: readonly ContractColumn[],
  names: readonly string[],
): Promise<number> {
  const keys = names.map((name) => `c${columns.findIndex((column) => column.name === name)}`).join(', ');
  const [row] = await session.query(
    `SELECT coalesce(sum(count), 0) AS count FROM (SELECT count(*) AS count FROM ${ALL} GROUP BY ${keys} HAVING count(*) > 1)`,
  );
  return Number(row?.['count'] ?? 0);
}

async function freshness(
  session: LockedSession,
  contract: DataContract,
  rule: NonNullable<DataContract['freshness']>,
  rows: number,
  sealedAt: string,
): Promise<Finding[]> {
  const at = contract.columns.findIndex((column) => column.name === rule.column);
  const column = contract.columns[at];
  if (column === undefined) return [];
  const [row] = await session.query(
    `SELECT epoch_ms(CAST(max(${typed(column, at)}) AS TIMESTAMP)) AS newest FROM ${ALL}`,
  );
  const newestMs = row?.['newest'] === null || row?.['newest'] === undefined ? undefined : Number(row['newest']);
  const sealedMs = Date.parse(sealedAt);
  if (newestMs !== undefined && sealedMs - newestMs <= rule.maxAgeMs) return [];
  const newest = newestMs === undefined ? 'missing' : new Date(newestMs).toISOString();
  const days = rule.maxAgeMs / 86_400_000;
  return [
    {
      rule: 'freshness',
      column: rule.column,
      message: `The newest \`${rule.column}\` is ${newest}: more than ${days} days before the data version was sealed (${sealedAt}).`,
      count: rows,
      total: rows,
      samples: [],
    },
  ];
}
