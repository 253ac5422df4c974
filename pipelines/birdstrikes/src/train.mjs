/**
 * The train job: fits the model on everything before the evaluation window. The same data version and inputs give the
 * same bytes.
 */
import { parseArgs } from 'node:util';

import { dateColumn, featureSets, isDamage } from './columns.mjs';
import { columnsOf, encode, fitEncoder } from './encoder.mjs';
import { fitLogistic } from './logistic.mjs';
import { writeModel } from './model.mjs';
import { readRows } from './read-rows.mjs';
import { splitByWindow } from './window.mjs';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    features: { type: 'string' },
    penalty: { type: 'string' },
    model: { type: 'string' },
  },
});
const categories = featureSets[options.features];
if (categories === undefined)
  throw new Error(`The input features must be one of ${Object.keys(featureSets).join(', ')}, not ${options.features}.`);
const penalty = Number(options.penalty);
if (!(penalty > 0)) throw new Error(`The input penalty must be a number above 0, not ${options.penalty}.`);

const { training, from } = splitByWindow(readRows(options.data));
const rows = training.map((row) => row.values);
const labels = rows.map((row) => (isDamage(row) ? 1 : 0));
const encoder = fitEncoder(rows, categories);
const columns = columnsOf(encoder);
const { weights, intercept, steps } = fitLogistic(
  rows.map((row) => encode(encoder, row)),
  labels,
  columns,
  penalty,
);
const positives = labels.filter((label) => label === 1).length;
const window = { from: rows[0][dateColumn], until: rows.at(-1)[dateColumn], rows: rows.length, positives };
writeModel(options.model, { features: options.features, penalty, training: window, encoder, intercept, weights });
console.log(
  `Fitted ${columns} columns on ${rows.length} reports (${positives} with damage) from ${window.from} to ${window.until}` +
    ` in ${steps} steps; reports from ${from} on are kept for the evaluation.`,
);
