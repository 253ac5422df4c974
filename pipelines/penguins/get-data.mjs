/** Prints the penguins of npm `vega-datasets` as CSV. */
import { readFileSync } from 'node:fs';

const file = new URL('../../node_modules/vega-datasets/data/penguins.json', import.meta.url);
const penguins = JSON.parse(readFileSync(file, 'utf8'));
const columns = Object.keys(penguins[0]);
console.log([columns, ...penguins.map((one) => columns.map((column) => one[column] ?? ''))].join('\n'));
