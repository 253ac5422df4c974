import type { DuckDBValue } from '@duckdb/node-api';

import type { ColumnCheck, ContractColumn } from '#shared/domain/data-contract/data-contract.ts';
import type { Finding } from '#shared/contracts/data-inspection.ts';
import { limits } from '#shared/domain/limits.ts';
import { describeComparison, holds } from '#shared/domain/data-contract/comparison.ts';

import { excerpt, type LoadedFile } from './load-file.ts';
import type { LockedSession } from './locked-session.ts';
import { violations } from './value-conditions.ts';

/** Checks every column of a file, value by value and by its counts. */
export async function checkColumns(
  session: LockedSession,
  file: LoadedFile,
  columns: readonly ContractColumn[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const at of file.columns) {
    const column = columns[at];
    if (column === undefined) continue;
    for (const violation of violations(column, at)) {
      const relevant = violation.rule === 'required' ? file.rows : await count(session, file, `c${at} IS NOT NULL`, []);
      const broken = await count(session, file, violation.sql, violation.values);
      if (broken === 0) continue;
      findings.push({
        rule: violation.rule,
        file: file.path,
        column: column.name,
        message: `${broken} of ${relevant} values of \`${column.name}\` ${violation.words}.`,
        count: broken,
        total: relevant,
        samples: await samples(session, file, at, violation.sql, violation.values),
      });
    }
    if (column.unique) findings.push(...(await duplicates(session, file, column, at)));
    for (const check of column.checks) findings.push(...(await runCheck(session, file, column, at, check)));
  }
  return findings;
}

async function duplicates(
  session: LockedSession,
  file: LoadedFile,
  column: ContractColumn,
  at: number,
): Promise<Finding[]> {
  const sql = repeated(file, at);
  const broken = await count(session, file, sql, []);
  if (broken === 0) return [];
  const message = `${broken} of ${file.rows} values of \`${column.name}\` stand there more than once.`;
  return [
    {
      rule: 'unique',
      file: file.path,
      column: column.name,
      message,
      count: broken,
      total: file.rows,
      samples: await samples(session, file, at, sql, []),
    },
  ];
}

async function runCheck(
  session: LockedSession,
  file: LoadedFile,
  column: ContractColumn,
  at: number,
  check: ColumnCheck,
): Promise<Finding[]> {
  const { sql, values } = condition(file, at, check);
  const broken = await count(session, file, sql, values);
  const measured = check.must.unit === 'percent' ? (100 * broken) / Math.max(1, file.rows) : broken;
  if (holds(measured, check.must)) return [];
  const message = `\`${check.metric}\` of \`${column.name}\` is ${round(measured)}${check.must.unit === 'percent' ? ' %' : ''}, and ${describeComparison(check.must)}.`;
  return [
    {
      rule: check.metric,
      file: file.path,
      column: column.name,
      message,
      count: broken,
      total: file.rows,
      samples: await samples(session, file, at, sql, values),
    },
  ];
}

function condition(file: LoadedFile, at: number, check: ColumnCheck): { sql: string; values: readonly DuckDBValue[] } {
  switch (check.metric) {
    case 'nullValues':
      return { sql: `c${at} IS NULL`, values: [] };
    case 'missingValues': {
      const texts = check.missing.filter((value) => value !== null);
      const listed =
        texts.length === 0 ? 'false' : `c${at} IN (${texts.map((_text, index) => `$${index + 1}`).join(', ')})`;
      return { sql: check.missing.includes(null) ? `(c${at} IS NULL OR ${listed})` : listed, values: texts };
    }
    case 'invalidValues': {
      if (check.valid === undefined)
        return { sql: `c${at} IS NOT NULL AND NOT regexp_matches(c${at}, $1)`, values: [check.pattern ?? ''] };
      return {
        sql: `c${at} IS NOT NULL AND c${at} NOT IN (${check.valid.map((_text, index) => `$${index + 1}`).join(', ')})`,
        values: check.valid,
      };
    }
    case 'duplicateValues':
      return { sql: repeated(file, at), values: [] };
  }
}

/** Values that stand there more than once. */
function repeated(file: LoadedFile, at: number): string {
  return `c${at} IN (SELECT c${at} FROM ${file.table} WHERE c${at} IS NOT NULL GROUP BY c${at} HAVING count(*) > 1)`;
}

async function count(
  session: LockedSession,
  file: LoadedFile,
  sql: string,
  values: readonly DuckDBValue[],
): Promise<number> {
  const [row] = await session.query(`SELECT count(*) AS count FROM ${file.table} WHERE ${sql}`, values);
  return Number(row?.['count'] ?? 0);
}

async function samples(
  session: LockedSession,
  file: LoadedFile,
  at: number,
  sql: string,
  values: readonly DuckDBValue[],
): Promise<Finding['samples']> {
  const rows = await session.query(
    `SELECT row, c${at} AS value FROM ${file.table} WHERE ${sql} ORDER BY row LIMIT ${limits.findingSamples}`,
    values,
  );
  return rows.map((row) => ({
    row: Number(row['row']),
    value: typeof row['value'] === 'string' ? excerpt(row['value']) : null,
  }));
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
