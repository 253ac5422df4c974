import type { ContractColumn } from '#shared/domain/data-contract/data-contract.ts';
import type { Finding } from '#shared/contracts/data-inspection.ts';
import { limits } from '#shared/domain/limits.ts';
import { nearestWord } from '#shared/domain/yaml/nearest-word.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import type { FileFormat } from './fetch-file.ts';
import { identifier, type LockedSession } from './locked-session.ts';

/**
 * A file as a table: `row` counts records from 1, `c0`, `c1`, … are the contract's columns that the file has, as text,
 * and `k0`, `k1`, … say whether the value has the kind that the format itself states (JSON and Parquet know kinds; in
 * CSV everything is text).
 */
export interface LoadedFile {
  readonly path: string;
  readonly table: string;
  readonly rows: number;
  /** Indexes of the contract's columns that the file has. */
  readonly columns: readonly number[];
}

/** A file that was loaded, and what its form breaks already. */
export interface LoadResult {
  readonly file: LoadedFile;
  readonly findings: readonly Finding[];
}

interface Source {
  /** Columns by name → SQL of the text and of the kind test. */
  readonly columns: ReadonlyMap<string, { readonly text: string; readonly kind: string }>;
  /** SQL after FROM; `$1` is the path. */
  readonly from: string;
  readonly findings: readonly Finding[];
}

/**
 * Loads a file into a table `t<index>` of the session.
 *
 * @param localPath - path on this machine, inside the session's folder
 * @param path - path for people
 */
export async function loadFile(
  session: LockedSession,
  index: number,
  file: { readonly localPath: string; readonly path: string; readonly format: FileFormat },
  columns: readonly ContractColumn[],
): Promise<LoadResult> {
  const source = await describe(session, file, columns);
  const present = columns.flatMap((column, at) => (source.columns.has(column.name) ? [at] : []));
  const table = `t${index}`;
  const selected = present.flatMap((at) => {
    const sql = source.columns.get(columns[at]?.name ?? '');
    return sql === undefined ? [] : [`${sql.text} AS c${at}`, `${sql.kind} AS k${at}`];
  });
  await session.query(
    `CREATE TABLE ${table} AS SELECT row_number() OVER () AS row${selected.map((one) => `, ${one}`).join('')} FROM ${source.from}`,
    [file.localPath],
  );
  const [count] = await session.query(`SELECT count(*) AS rows FROM ${table}`);
  const rows = Number(count?.['rows'] ?? 0);
  const findings = [
    ...source.findings,
    ...shapeFindings(file.path, columns, [...source.columns.keys()], rows),
    ...(await malformed(session, file, rows)),
  ];
  return { file: { path: file.path, table, rows, columns: present }, findings };
}

async function describe(
  session: LockedSession,
  file: { localPath: string; path: string; format: FileFormat },
  columns: readonly ContractColumn[],
): Promise<Source> {
  switch (file.format) {
    case 'csv':
      return describeCsv(session, file);
    case 'json-lines':
      return describeJsonLines(session, file, columns);
    case 'parquet':
      return describeParquet(session, file, columns);
  }
}

/** RFC 4180, comma, header; every value is text, an empty one is null. */
const csv =
  "read_csv($1, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', strict_mode = true, parallel = false, store_rejects = true, null_padding = false, auto_detect = true, sample_size = 1)";

async function describeCsv(session: LockedSession, { localPath }: { localPath: string }): Promise<Source> {
  const described = await session.query(`DESCRIBE SELECT * FROM ${csv}`, [localPath]);
  const names = described.map((row) => String(row['column_name']));
  checkColumnCount(names.length);
  return {
    from: csv,
    columns: new Map(names.map((name) => [name, { text: identifier(name), kind: 'true' }])),
    findings: [],
  };
}

async function describeJsonLines(
  session: LockedSession,
  { localPath }: { localPath: string },
  columns: readonly ContractColumn[],
): Promise<Source> {
  const objects = 'read_ndjson_objects($1, ignore_errors = true)';
  const keys = await session.query(
    `SELECT DISTINCT unnest(json_keys(json)) AS key FROM ${objects} WHERE json_type(json) = 'OBJECT' ORDER BY key LIMIT ${limits.inspectColumns + 1}`,
    [localPath],
  );
  const names = keys.map((row) => String(row['key']));
  checkColumnCount(names.length);
  const types = new Map(columns.map((column) => [column.name, column.type]));
  const sources = names.map((name) => {
    const pointer = `'/${name.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll("'", "''")}'`;
    const type = types.get(name);
    return [
      name,
      { text: `json_extract_string(json, ${pointer})`, kind: jsonKind(`json_type(json, ${pointer})`, type) },
    ] as const;
  });
  return { from: objects, columns: new Map(sources), findings: [] };
}

/** @returns SQL that is true where the JSON value has the kind that the column's type needs */
function jsonKind(type: string, column: ContractColumn['type'] | undefined): string {
  const kinds =
    column === 'integer'
      ? ['BIGINT', 'UBIGINT']
      : column === 'number'
        ? ['BIGINT', 'UBIGINT', 'DOUBLE']
        : column === 'boolean'
          ? ['BOOLEAN']
          : ['VARCHAR'];
  return `coalesce(${type} IN (${['NULL', ...kinds].map((kind) => `'${kind}'`).join(', ')}), true)`;
}

async function describeParquet(
  session: LockedSession,
  { localPath, path }: { localPath: string; path: string },
  columns: readonly ContractColumn[],
): Promise<Source> {
  const [size] = await session.query('SELECT sum(total_uncompressed_size) AS bytes FROM parquet_metadata($1)', [
    localPath,
  ]);
  if (Number(size?.['bytes'] ?? 0) > limits.inspectBytes) {
    throw new WhenceError(
      'data-contract.too-large',
      `${path} is larger than ${limits.inspectBytes} bytes when decompressed.`,
      { details: { file: path, limitBytes: limits.inspectBytes } },
    );
  }
  const described = await session.query('DESCRIBE SELECT * FROM read_parquet($1)', [localPath]);
  checkColumnCount(described.length);
  const found = described.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }));
  return {
    from: 'read_parquet($1)',
    columns: new Map(
      found.map(({ name, type }) => [
        name,
        {
          text: `CAST(${identifier(name)} AS VARCHAR)`,
          kind: String(fits(type, columns.find((one) => one.name === name)?.type)),
        },
      ]),
    ),
    findings: [],
  };
}

/** Whether a Parquet column of this type can hold values of the contract's type. */
function fits(parquet: string, column: ContractColumn['type'] | undefined): boolean {
  const integer = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/.test(parquet);
  switch (column) {
    case 'integer':
      return integer;
    case 'number':
      return integer || /^(FLOAT|DOUBLE|DECIMAL.*)$/.test(parquet);
    case 'boolean':
      return parquet === 'BOOLEAN';
    case 'date':
      return parquet === 'DATE';
    case 'timestamp':
      return parquet.startsWith('TIMESTAMP');
    case 'string':
    case undefined:
      return !/^(STRUCT|MAP|LIST)|\[\]$/.test(parquet);
  }
}

function shapeFindings(
  file: string,
  columns: readonly ContractColumn[],
  present: readonly string[],
  rows: number,
): Finding[] {
  return columns
    .filter((column) => column.required && !present.includes(column.name))
    .map((column) => {
      const extra = present.filter((name) => !columns.some((one) => one.name === name));
      const guess =
        extra.find((name) => column.name.toLowerCase().includes(name.toLowerCase())) ?? nearestWord(column.name, extra);
      const hint =
        guess === undefined ? '' : `; \`${guess}\`, which the contract does not know, may be it under another name`;
      return {
        rule: 'missing-column',
        file,
        column: column.name,
        message: `Column \`${column.name}\` is missing${hint}.`,
        count: rows,
        total: rows,
        samples: [],
      };
    });
}

/** Rows that the format itself does not allow. */
async function malformed(
  session: LockedSession,
  file: { localPath: string; path: string; format: FileFormat },
  rows: number,
): Promise<Finding[]> {
  if (file.format === 'csv') {
    const rejects = await session.query(
      'SELECT line, error_message, csv_line FROM reject_errors ORDER BY line LIMIT $1',
      [limits.findingSamples],
    );
    const [count] = await session.query('SELECT count(DISTINCT line) AS count FROM reject_errors');
    await session.query('DROP TABLE IF EXISTS reject_errors');
    await session.query('DROP TABLE IF EXISTS reject_scans');
    return toFinding(
      file.path,
      Number(count?.['count'] ?? 0),
      rows,
      'are not CSV rows of the same columns',
      rejects.map((row) => ({
        row: Math.max(1, Number(row['line']) - 1),
        value: excerpt(`${String(row['error_message'])}: ${String(row['csv_line'])}`),
      })),
    );
  }
  if (file.format === 'json-lines') {
    const numbered =
      "(SELECT row_number() OVER () AS row, json FROM read_ndjson_objects($1, ignore_errors = true)) WHERE json IS NULL OR json_type(json) <> 'OBJECT'";
    const bad = await session.query(`SELECT row FROM ${numbered} ORDER BY row LIMIT ${limits.findingSamples}`, [
      file.localPath,
    ]);
    const [count] = await session.query(`SELECT count(*) AS count FROM ${numbered}`, [file.localPath]);
    return toFinding(
      file.path,
      Number(count?.['count'] ?? 0),
      rows,
      'are not JSON objects',
      bad.map((row) => ({ row: Number(row['row']), value: null })),
    );
  }
  return [];
}

function toFinding(file: string, count: number, rows: number, what: string, samples: Finding['samples']): Finding[] {
  return count === 0
    ? []
    : [
        {
          rule: 'malformed-row',
          file,
          message: `${count} rows ${what}.`,
          count,
          total: Math.max(rows, count),
          samples,
        },
      ];
}

/** @returns a value as a sample shows it */
export function excerpt(value: string): string {
  return value.length > limits.findingValueChars ? `${value.slice(0, limits.findingValueChars - 1)}…` : value;
}

function checkColumnCount(count: number): void {
  if (count > limits.inspectColumns)
    throw new WhenceError('data-contract.too-large', `The data has more than ${limits.inspectColumns} columns.`);
}
