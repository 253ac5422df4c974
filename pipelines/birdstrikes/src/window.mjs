/**
 * Which rows train and which evaluate. The newest file is held out: the evaluation window starts with the first date
 * of the file whose last date is the latest, and reaches to the end of the data. Everything before it trains, so no
 * model has seen the window, and the same data version always splits alike.
 */
import { dateColumn } from './columns.mjs';

/**
 * @param {ReturnType<import('./read-rows.mjs').readRows>} rows - in order of date
 * @returns the split, and the first and last date of the window
 * @throws {Error} where one of the two parts would be empty
 */
export function splitByWindow(rows) {
  const until = rows.at(-1).values[dateColumn];
  const newest = rows.at(-1).file;
  const from = rows.find((row) => row.file === newest).values[dateColumn];
  const training = rows.filter((row) => row.values[dateColumn] < from);
  const evaluation = rows.filter((row) => row.values[dateColumn] >= from);
  if (training.length === 0) {
    throw new Error(
      `The newest file, ${newest}, starts at ${from}, and no row is older: at least two files are needed, one after the other in time.`,
    );
  }
  return { training, evaluation, from, until, newest };
}
