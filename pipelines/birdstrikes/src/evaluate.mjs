/**
 * The evaluate job: scores candidate and champion on the same rows, those of the evaluation window, which neither of
 * them was trained on. Whence binds `champion` to the candidate while there is no champion.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { isDamage, speedColumn } from './columns.mjs';
import { predict, readModel } from './model.mjs';
import { readRows } from './read-rows.mjs';
import { splitByWindow } from './window.mjs';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    candidate: { type: 'string' },
    champion: { type: 'string' },
    metrics: { type: 'string' },
  },
});
const { evaluation, from, until } = splitByWindow(readRows(options.data));
const models = { candidate: readModel(options.candidate), champion: readModel(options.champion) };
for (const [name, { training }] of Object.entries(models)) {
  if (training.until >= from) {
    throw new Error(
      `The ${name} was trained on reports up to ${training.until}, the evaluation window starts at ${from}: it has seen the answers.`,
    );
  }
}

const sliceColumns = ['Wildlife Size', 'Phase of flight'];
const header = ['row', 'label', 'candidate', 'champion', ...sliceColumns, 'Speed'];
const lines = evaluation.map(({ file, line, values }) => [
  `${file}:${line}`,
  isDamage(values) ? 1 : 0,
  predict(models.candidate, values),
  predict(models.champion, values),
  ...sliceColumns.map((column) => values[column]),
  values[speedColumn] === '' ? 'missing' : 'reported',
]);
const { training, features } = models.candidate;
mkdirSync(options.metrics, { recursive: true });
writeFileSync(
  join(options.metrics, 'predictions.csv'),
  [header, ...lines].map((cells) => `${cells.map(quoted).join(',')}\n`).join(''),
);
writeFileSync(
  join(options.metrics, 'metrics.json'),
  `${JSON.stringify(
    {
      schemaVersion: 1,
      priorRate: training.positives / training.rows,
      metrics: {},
      facts: {
        features,
        trainingFrom: training.from,
        trainingUntil: training.until,
        trainingRows: training.rows,
        evaluationFrom: from,
        evaluationUntil: until,
        evaluationRows: evaluation.length,
        evaluationPositives: lines.filter(([, label]) => label === 1).length,
        championTrainingUntil: models.champion.training.until,
      },
    },
    null,
    2,
  )}\n`,
);
console.log(`Scored candidate and champion on ${evaluation.length} reports from ${from} to ${until}.`);

/** RFC 4180. */
function quoted(cell) {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
