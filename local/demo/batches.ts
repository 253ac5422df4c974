/**
 * The files of the demo's story, made from the real bird-strike reports of the npm package `vega-datasets`. Nothing is
 * invented: the broken export is the real year 2000 with two mistakes that exports really have.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parse } from 'csv-parse/sync';

import { sha256 } from '#shared/domain/digest.ts';

/** Digest of `vega-datasets` 3.2.1 `data/birdstrikes.csv`. @source demo-data.md 1 */
export const BIRDSTRIKES_SHA256 = '45777edf69984b37599e73dbfb34dbc976055243547407214261a4fcb9466462';
/** Where npm puts the file, below the repository's root. */
const SOURCE = 'node_modules/vega-datasets/data/birdstrikes.csv';
const FOLDER = 'birdstrikes';
const KILOMETRES_IN_A_NAUTICAL_MILE = 1.852;
const SPEED = 'Speed IAS in knots';
const SIZE = 'Wildlife Size';

/** A file to be dropped into the landing container. */
export interface DemoFile {
  /** Blob name in the landing container. */
  readonly path: string;
  readonly text: string;
  /** Reports in it. */
  readonly rows: number;
}

/** The story's batches in order. */
export interface DemoBatches {
  /** 1990-93, a file a year: fit on 1990-92, judge on 1993. */
  readonly first: readonly DemoFile[];
  /** 1994-99, two files: fit on 1990-97, compare on 1998-99. */
  readonly second: readonly DemoFile[];
  /** 2000 as a broken export: speed in km/h, `Wildlife Size` called `Size`. */
  readonly broken: readonly DemoFile[];
  /** 2000 as it should be, under the name of the broken file. */
  readonly repaired: readonly DemoFile[];
  /** 2001: fit on 1990-2000, compare on 2001. */
  readonly last: readonly DemoFile[];
}

type Report = Readonly<Record<string, string>>;

/**
 * @param root - folder of the repository, where node_modules is
 * @throws {Error} if the package's file isn't the one that the story's figures were measured on
 */
export async function demoBatches(root: string): Promise<DemoBatches> {
  const bytes = await readFile(join(root, SOURCE));
  if (sha256(bytes) !== BIRDSTRIKES_SHA256) {
    throw new Error(`${SOURCE} is not the file of vega-datasets 3.2.1: the demo's figures would not hold. Run npm ci.`);
  }
  const reports: Report[] = parse(bytes, { columns: true, bom: true });
  const years = (first: number, last: number): Report[] =>
    reports.filter(
      ({ 'Flight Date': date = '' }) => Number(date.slice(0, 4)) >= first && Number(date.slice(0, 4)) <= last,
    );
  const file = (name: string, rows: readonly Report[]): DemoFile => ({
    path: `${FOLDER}/${name}.csv`,
    text: toCsv(rows),
    rows: rows.length,
  });
  return {
    first: [1990, 1991, 1992, 1993].map((year) => file(String(year), years(year, year))),
    second: [file('1994-1997', years(1994, 1997)), file('1998-1999', years(1998, 1999))],
    broken: [file('2000', years(2000, 2000).map(breakReport))],
    repaired: [file('2000', years(2000, 2000))],
    last: [file('2001', years(2001, 2001))],
  };
}

/** What the broken export does to a report: the speed in km/h, and one column under another name. */
function breakReport(report: Report): Report {
  return Object.fromEntries(
    Object.entries(report).map(([column, value]) => {
      if (column === SIZE) return ['Size', value];
      if (column === SPEED && value !== '')
        return [column, String(Math.round(Number(value) * KILOMETRES_IN_A_NAUTICAL_MILE))];
      return [column, value];
    }),
  );
}

/** @returns CSV as the source file is written: plain cells, one line a report */
function toCsv(reports: readonly Report[]): string {
  const header = Object.keys(reports[0] ?? {});
  const lines = [header, ...reports.map((report) => header.map((column) => report[column] ?? ''))];
  const quotable = lines.flat().find((cell) => /[",\r\n]/.test(cell));
  if (quotable !== undefined)
    throw new Error(`A cell of the source needs quotes, which the source never has: ${quotable}`);
  return lines.map((cells) => `${cells.join(',')}\n`).join('');
}
