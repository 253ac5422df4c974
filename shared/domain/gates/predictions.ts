/** `predictions.csv` of an evaluate job: one line a row of the evaluation, candidate and champion side by side. */
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';

import { limits } from '../limits.ts';

/** The evaluated rows in columns; index i is the same row in each of them. */
export interface Predictions {
  /** What happened: 1 for a positive. */
  readonly labels: readonly (0 | 1)[];
  /** Probability of a positive by the candidate. */
  readonly candidate: readonly number[];
  /** Probability of a positive by the champion; equal to the candidate's where there is no champion. */
  readonly champion: readonly number[];
  /** Slice column → its value in each row. */
  readonly slices: ReadonlyMap<string, readonly string[]>;
}

const requiredColumns = ['row', 'label', 'candidate', 'champion'] as const;
const MAX_PROBLEMS = 20;
const FILE = 'predictions.csv';

type Parsed = { readonly predictions: Predictions } | { readonly problems: readonly string[] };

/**
 * Reads the file strictly: a header `row,label,candidate,champion` and any slice columns; `row` is unique, `label` is 0
 * or 1, `candidate` and `champion` are probabilities.
 *
 * @param text - contents of the file
 * @returns the predictions, or at most {@link MAX_PROBLEMS} problems, each with its line
 */
export function parsePredictions(text: string): Parsed {
  if (text.length > limits.predictionsBytes) {
    return { problems: [`${FILE} is larger than ${limits.predictionsBytes} bytes`] };
  }
  const lines = readLines(text);
  if ('problems' in lines) return lines;
  const [header, ...records] = lines.records;
  const problems = header === undefined ? [`${FILE} is empty`] : headerProblems(header.fields);
  if (header === undefined || problems.length > 0) return { problems };
  if (records.length === 0) return { problems: [`${FILE} has no rows`] };
  if (records.length > limits.predictionsRows) {
    return { problems: [`${FILE} has ${records.length} rows, more than ${limits.predictionsRows}`] };
  }
  return toColumns(header.fields, records);
}

interface Line {
  readonly number: number;
  readonly fields: readonly string[];
}

function readLines(text: string): { readonly records: readonly Line[] } | { readonly problems: readonly string[] } {
  const records: Line[] = [];
  try {
    parse(text, {
      bom: true,
      maxRecordSize: 10_000,
      skipEmptyLines: true,
      onRecord: (fields: string[], context) => {
        records.push({ number: context.lines, fields });
        return null;
      },
    });
  } catch (error) {
    if (error instanceof CsvError) return { problems: [`${FILE}: ${error.message}`] };
    throw error;
  }
  return { records };
}

function headerProblems(header: readonly string[]): string[] {
  const missing = requiredColumns.filter((column) => !header.includes(column));
  const repeated = header.filter((column, index) => header.indexOf(column) !== index);
  return [
    ...missing.map((column) => `${FILE} has no column \`${column}\``),
    ...repeated.map((column) => `${FILE} has the column \`${column}\` twice`),
    ...header.filter((column) => column.trim() === '').map(() => `${FILE} has a column without a name`),
  ];
}

function toColumns(header: readonly string[], records: readonly Line[]): Parsed {
  const problems: string[] = [];
  const place = (column: string): number => header.indexOf(column);
  const report = (line: Line, column: string, expected: string, found: string): void => {
    problems.push(`${FILE} line ${line.number}, \`${column}\`: expected ${expected}, found \`${found.slice(0, 40)}\``);
  };
  const seen = new Set<string>();
  const labels: (0 | 1)[] = [];
  const candidate: number[] = [];
  const champion: number[] = [];
  for (const line of records) {
    if (problems.length >= MAX_PROBLEMS) break;
    const field = (column: string): string => line.fields[place(column)] ?? '';
    const row = field('row');
    if (row === '' || seen.has(row)) report(line, 'row', 'an id that no other row has', row);
    seen.add(row);
    const label = field('label');
    if (label !== '0' && label !== '1') report(line, 'label', '0 or 1', label);
    labels.push(label === '1' ? 1 : 0);
    for (const [column, values] of [
      ['candidate', candidate],
      ['champion', champion],
    ] as const) {
      const value = probability(field(column));
      if (value === undefined) report(line, column, 'a probability from 0 to 1', field(column));
      values.push(value ?? 0);
    }
  }
  if (problems.length > 0) return { problems };
  const sliceColumns = header.filter((column) => !(requiredColumns as readonly string[]).includes(column));
  const slices = new Map(
    sliceColumns.map((column) => [column, records.map((line) => line.fields[place(column)] ?? '')]),
  );
  return { predictions: { labels, candidate, champion, slices } };
}

function probability(text: string): number | undefined {
  if (!/^[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?$/.test(text)) return undefined;
  const value = Number(text);
  return value >= 0 && value <= 1 ? value : undefined;
}
