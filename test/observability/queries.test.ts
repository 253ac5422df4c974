/** Every query of alerts and workbook can be run: it parses, and its tables, columns, names and messages exist. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { logEvents } from '#shared/telemetry/log-events.ts';
import { metrics } from '#shared/telemetry/metrics.ts';

import { infraFolder } from '../../scripts/infra/bicep.ts';
import { analyze } from './kusto.ts';
import { literalsOf, queryFiles } from './query-files.ts';
import { templateOf } from '../infra/snapshots.ts';

test.each(queryFiles)('$name parses, and every column in it exists', ({ text }) => {
  expect(analyze(text)).toEqual({ problems: [], columns: expect.arrayContaining([expect.any(String)]) });
});

test.each([
  ['AppMetrics | where Nam == 1', /'Nam' does not refer/],
  ['AppMetrics | sumarize count()', /operator expected/],
  ['Requests | take 1', /'Requests' does not refer/],
])('a mistake is found: %s', (query, problem) => {
  expect(analyze(query).problems.join('\n')).toMatch(problem);
});

test.each(queryFiles)('$name looks only for what the app can say', (file) => {
  const messages: readonly string[] = Object.values(logEvents).map(({ message }) => message);
  const said = [...messages, ...Object.keys(metrics), 'step ', 'activity '];
  expect(literalsOf(file).filter((one) => !said.includes(one))).toEqual([]);
});

const docs = join(infraFolder, '..', 'docs');
const inDocs = ['costs.md', ...readdirSync(join(docs, 'runbooks')).map((file) => `runbooks/${file}`)].flatMap((page) =>
  [...readFileSync(join(docs, page), 'utf8').matchAll(/`([A-Z]\w+ \| [^`]+)`/g)].map(([, text = '']) => ({
    page,
    text,
  })),
);

test.each(inDocs)('a query in $page parses: $text', ({ text }) => {
  expect(analyze(text).problems).toEqual([]);
});

test('the workbook asks ten questions, each with its query', () => {
  const template = templateOf('dev');
  const [workbook] = template.of('Insights/workbooks');
  const { items } = JSON.parse(String(workbook?.properties['serializedData'])) as {
    readonly items: readonly { readonly content: { readonly title?: string; readonly query?: string } }[];
  };
  const asked = items.flatMap(({ content: { title, query } }) => (query === undefined ? [] : [{ title, query }]));
  const files = queryFiles.filter(({ name }) => name.startsWith('questions/'));
  expect(asked.map(({ query }) => query).toSorted()).toEqual(files.map(({ text }) => text).toSorted());
  expect(asked).toHaveLength(10);
  for (const { title, query } of asked) expect(query).toContain(`// ${title}\n`);
});
