/** A scoring request: `{ "rows": [ { "Phase of flight": "Climb", … }, … ] }`, columns as in the data. */
import { dateColumn, speedColumn } from './columns.mjs';

const MOST_ROWS = 1_000;

/**
 * @param {unknown} body - parsed JSON
 * @param {readonly string[]} categories - category columns of the model
 * @returns {{ rows: Record<string, string>[] } | { problem: string }} rows as the encoder takes them; other columns of a
 *   report may be sent along and do not count
 */
export function readRequest(body, categories) {
  if (!isObject(body) || !Array.isArray(body.rows)) return { problem: 'Send a JSON object { "rows": [ … ] }.' };
  if (body.rows.length === 0 || body.rows.length > MOST_ROWS) {
    return { problem: `Send 1 to ${MOST_ROWS} rows; these are ${body.rows.length}.` };
  }
  const rows = [];
  for (const [index, row] of body.rows.entries()) {
    const problem = isObject(row) ? rowProblem(row, categories) : 'expected an object with columns';
    if (problem !== undefined) return { problem: `rows[${index}]: ${problem}.` };
    rows.push(
      Object.fromEntries(
        Object.entries(row)
          .filter(([, value]) => value !== null)
          .map(([column, value]) => [column, String(value)]),
      ),
    );
  }
  return { rows };
}

function rowProblem(row, categories) {
  if (!categories.some((column) => column in row)) return `none of the columns ${categories.join(', ')} is there`;
  for (const column of categories) {
    const value = row[column] ?? '';
    if (typeof value !== 'string') return `"${column}" must be text`;
  }
  const speed = row[speedColumn] ?? '';
  if (speed !== '' && !/^\d+(\.\d+)?$/.test(String(speed)))
    return `"${speedColumn}" must be a number of knots, or left out`;
  const date = row[dateColumn] ?? '';
  if (date !== '' && !/^\d{4}-(0[1-9]|1[0-2])-\d{2}$/.test(String(date)))
    return `"${dateColumn}" must be a date such as 1999-12-31, or left out`;
  return undefined;
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
