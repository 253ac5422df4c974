/** Reads all strike reports of a data version. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'csv-parse/sync';

import { dateColumn, requiredColumns, speedColumn } from './columns.mjs';

/**
 * @param {string} folder - of the data version
 * @returns {{ file: string, line: number, values: Record<string, string> }[]} in order of date, file and line, so that
 *   neither the order of files in the folder nor of rows in a file changes a model
 * @throws {Error} that names file, line and column of every row that cannot be read, the first ten
 */
export function readRows(folder) {
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.csv'))
    .sort();
  if (files.length === 0) throw new Error(`There is no .csv file in ${folder}.`);
  const rows = files.flatMap((file) => readFile(folder, file));
  const problems = rows.flatMap(problemsOf);
  if (problems.length > 0)
    throw new Error(`${problems.length} rows cannot be read:\n${problems.slice(0, 10).join('\n')}`);
  return rows.sort(
    (a, b) => compare(a.values[dateColumn], b.values[dateColumn]) || compare(a.file, b.file) || a.line - b.line,
  );
}

function readFile(folder, file) {
  const records = parse(readFileSync(join(folder, file)), {
    bom: true,
    columns: true,
    info: true,
    skipEmptyLines: true,
  });
  const missing = requiredColumns.filter((column) => records.length > 0 && !(column in records[0].record));
  if (missing.length > 0)
    throw new Error(`${file} has no column ${missing.map((column) => `"${column}"`).join(', ')}.`);
  return records.map(({ record, info }) => ({ file, line: info.lines, values: record }));
}

function problemsOf({ file, line, values }) {
  const problems = [];
  const say = (column, expected) =>
    problems.push(`${file} line ${line}, ${column}: expected ${expected}, found "${values[column]}"`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(values[dateColumn])) say(dateColumn, 'a date such as 1999-12-31');
  if (values[speedColumn] !== '' && !(Number(values[speedColumn]) >= 0)) say(speedColumn, 'a speed, or nothing');
  return problems;
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
