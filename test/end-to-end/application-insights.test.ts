/**
 * What Application Insights gets of real runs, through Microsoft's own exporter, and whether the queries of alerts and
 * workbook would find it there.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { metrics } from '#shared/telemetry/metrics.ts';
import { runTrace } from '#shared/telemetry/run-trace.ts';
import { literalsOf, propertiesOf, queryFiles } from '#test/observability/query-files.ts';
import { Ingestion, type Envelope } from '#test/support/ingestion.ts';

import { Laptop } from './laptop.ts';
import { rows } from './tiny-pipeline.ts';

/** Exporter's kind of item → table of Log Analytics. @source Microsoft Learn, "Application Insights telemetry data model" */
const tableOf: Readonly<Record<string, string>> = {
  RequestData: 'AppRequests',
  RemoteDependencyData: 'AppDependencies',
  MessageData: 'AppTraces',
  MetricData: 'AppMetrics',
};

/** What only happens when something breaks; a test of its own each would have to break it. */
const notProvoked: ReadonlySet<string> = new Set([
  'An activity failed; it is tried again if tries are left.',
  'A request failed for a reason of ours.',
  'The reconciler could not look after something.',
  'The reconciler repaired something.',
  'A publication was refused: its token does not vouch for it.',
]);

let ingestion: Ingestion;
let laptop: Laptop;
beforeAll(async () => {
  ingestion = await Ingestion.start();
  laptop = await Laptop.start({
    APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion.connectionString,
    APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
    WHENCE_STAGE_PROFILE: JSON.stringify({ pricePerNodeHour: { cpu: 2 } }),
  });
  const certificate = (name: string): Promise<Buffer> => readFile(join(laptop.stateFolder, 'certificates', name));
  ingestion.serve({ cert: await certificate('localhost.pem'), key: await certificate('localhost.key') });

  await laptop.publish({ name: 'seen' });
  await laptop.drop('seen/a.csv', rows(1));
  await laptop.endedRuns('seen', 1);
  await laptop.drop('seen/b.csv', rows(90));
  await laptop.endedRuns('seen', 2);
  await laptop.publish({ name: 'broken', training: 'fails' });
  await laptop.drop('broken/a.csv', rows(1));
  await laptop.endedRuns('broken', 1);
  const bus = new ServiceBusClient(laptop.runtime.endpoints.serviceBus.connectionString);
  await bus.createSender('data-events').sendMessages({ body: 'not an event' });
  await vi.waitFor(() => {
    const names = new Set(ingestion.received.map(nameOf));
    const missing = [
      ...Object.keys(metrics),
      'run broken',
      'A message could not be read and was put into quarantine.',
    ].filter((name) => !names.has(name));
    if (missing.length > 0) throw new Error(`not there yet: ${missing.join(', ')}`);
  }, 60_000);
  await bus.close();
}, 300_000);
afterAll(async () => {
  await laptop[Symbol.asyncDispose]();
  await ingestion[Symbol.asyncDispose]();
});

function nameOf({ data: { baseData } }: Envelope): string {
  const [metric] = (baseData['metrics'] ?? []) as readonly { readonly name: string }[];
  return metric?.name ?? String(baseData['name'] ?? baseData['message']);
}

test('it shows an Entra token, and everything it sends is of a table that we know', () => {
  expect([...ingestion.schemes]).toEqual(['Bearer']);
  expect([...new Set(ingestion.received.map(({ data }) => data.baseType))].toSorted()).toEqual(
    Object.keys(tableOf).toSorted(),
  );
});

test('a run is a request, and its steps and activities are its dependencies, in one operation', () => {
  const { traceId } = runTrace({ pipeline: 'seen', generation: 1 });
  const operation = ingestion.received.filter(({ tags }) => tags['ai.operation.id'] === traceId);
  const of = (table: string): readonly string[] =>
    operation.filter(({ data }) => tableOf[data.baseType] === table).map(nameOf);
  expect(of('AppRequests')).toEqual(['run seen']);
  expect(of('AppDependencies')).toEqual(expect.arrayContaining(['data window', 'step train', 'activity pollJob']));
  expect(of('AppTraces')).toEqual(expect.arrayContaining(['A run started.', 'A run ended.']));
});

test.each(
  queryFiles.filter(({ name }) => name !== 'queries/endpoint-errors.kql' && name !== 'questions/endpoints.kql'),
)('$name finds what a run sent: its table, its names, its properties', (file) => {
  const tables = Object.values(tableOf).filter((table) => new RegExp(`\\b${table}\\b`).test(file.text));
  const rows = ingestion.received.filter(({ data }) => tables.includes(tableOf[data.baseType] ?? ''));
  const wanted = literalsOf(file).filter((one) => !notProvoked.has(one));
  const found = wanted.filter((one) => rows.some((row) => nameOf(row).startsWith(one)));
  expect(found).toEqual(wanted);
  if (wanted.length < literalsOf(file).length) return;
  const keys = new Set(
    rows
      .filter((row) => wanted.some((one) => nameOf(row).startsWith(one)))
      .flatMap(({ data }) => Object.keys(data.baseData.properties)),
  );
  expect(propertiesOf(file).filter((key) => !keys.has(key))).toEqual([]);
});

test('every metric of the catalogue is measured, by the facts that it names', () => {
  for (const [name, { by }] of Object.entries(metrics)) {
    const keys = new Set(
      ingestion.received
        .filter((row) => nameOf(row) === name)
        .flatMap(({ data }) => Object.keys(data.baseData.properties)),
    );
    expect([name, [...keys].toSorted()]).toEqual([name, [...by].toSorted()]);
  }
});

test('the drift of the second run is measured beside the data of the first', () => {
  const drifts = ingestion.received.filter((row) => nameOf(row) === 'whence.data.drift');
  const columns = drifts.map(({ data }) => data.baseData.properties['column']);
  expect(columns.toSorted()).toEqual(['id', 'note', 'value']);
});
