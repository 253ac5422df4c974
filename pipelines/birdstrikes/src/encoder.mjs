/**
 * From a report to numbers. The encoder is fitted on the training rows and stored inside the model, so that serving
 * encodes exactly as training did.
 */
import { dateColumn, speedColumn } from './columns.mjs';

/** A level that fewer training rows have is counted as other. */
const LEAST_ROWS_OF_A_LEVEL = 10;

/**
 * @param {Record<string, string>[]} rows - training rows
 * @param {readonly string[]} categories - category columns
 */
export function fitEncoder(rows, categories) {
  return {
    categories: categories.map((column) => ({ column, levels: frequentLevels(rows, column) })),
    speed: fitSpeed(rows.map((row) => row[speedColumn])),
  };
}

function frequentLevels(rows, column) {
  const counts = new Map();
  for (const row of rows) counts.set(row[column], (counts.get(row[column]) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count >= LEAST_ROWS_OF_A_LEVEL)
    .map(([level]) => level)
    .sort();
}

/** The median stands in for an unknown speed; mean and deviation are of the speeds so completed. */
function fitSpeed(texts) {
  const known = texts
    .filter((text) => text !== '')
    .map(Number)
    .sort((a, b) => a - b);
  if (known.length === 0) throw new Error(`No training row has a value in "${speedColumn}".`);
  const middle = known.length / 2;
  const median = (known[Math.ceil(middle) - 1] + known[Math.floor(middle)]) / 2;
  const speeds = texts.map((text) => (text === '' ? median : Number(text)));
  const mean = speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length;
  const variance = speeds.reduce((sum, speed) => sum + (speed - mean) ** 2, 0) / speeds.length;
  if (variance === 0) throw new Error(`All training rows have the same value in "${speedColumn}".`);
  return { median, mean, deviation: Math.sqrt(variance) };
}

/** @returns how many columns the encoder makes: one a level, one for other levels, two for speed, two for the month */
export function columnsOf(encoder) {
  return encoder.categories.reduce((sum, { levels }) => sum + levels.length + 1, 0) + 4;
}

/**
 * @param {object} encoder - of {@link fitEncoder}
 * @param {Record<string, string | undefined>} row - what is missing or unseen counts as other
 * @returns {{ column: number, value: number }[]} the cells that aren't zero
 */
export function encode(encoder, row) {
  const cells = [];
  let offset = 0;
  for (const { column, levels } of encoder.categories) {
    const level = levels.indexOf(row[column]);
    cells.push({ column: offset + (level < 0 ? levels.length : level), value: 1 });
    offset += levels.length + 1;
  }
  const text = row[speedColumn] ?? '';
  const speed = text === '' ? encoder.speed.median : Number(text);
  cells.push({ column: offset, value: (speed - encoder.speed.mean) / encoder.speed.deviation });
  if (text === '') cells.push({ column: offset + 1, value: 1 });
  const date = row[dateColumn] ?? '';
  if (date !== '') {
    const angle = (2 * Math.PI * (Number(date.slice(5, 7)) - 1)) / 12;
    cells.push({ column: offset + 2, value: Math.sin(angle) }, { column: offset + 3, value: Math.cos(angle) });
  }
  return cells;
}
