/** The tracking server as MLflow's clients use it, over HTTP. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';

import { startMlflow, type Mlflow } from '#local/azure-ml/mlflow/mlflow.ts';

const folder = mkdtempSync(join(tmpdir(), 'whence-mlflow-'));
const problems: string[] = [];
let mlflow: Mlflow;
let mine: Readonly<Record<string, string>>;
let other: Readonly<Record<string, string>>;

beforeAll(async () => {
  mlflow = await open();
  mine = mlflow.beginRun({ name: 'mine', experiment: 'e' });
  other = mlflow.beginRun({ name: 'other', experiment: 'e' });
});
afterAll(async () => {
  await mlflow.stop();
  rmSync(folder, { recursive: true });
  expect(problems).toEqual([]);
});

function open(): Promise<Mlflow> {
  return startMlflow(folder, (problem, error) => problems.push(`${problem}: ${String(error)}`));
}

interface Reply {
  readonly status: number;
  readonly body: {
    readonly run: { readonly info: { readonly run_id: string }; readonly data: Readonly<Record<string, unknown>> };
    readonly runs: readonly { readonly info: { readonly run_id: string } }[];
    readonly run_info: object;
    readonly experiment: { readonly experiment_id: string };
    readonly metrics: readonly { readonly value: number }[];
    readonly files: readonly object[];
    readonly next_page_token?: string;
  };
}

async function call(
  method: string,
  path: string,
  fields: Readonly<Record<string, unknown>> = {},
  as = mine,
): Promise<Reply> {
  const query = method === 'GET' ? `?${new URLSearchParams(fields as Record<string, string>).toString()}` : '';
  const response = await fetch(`${mlflow.url}/api/2.0/mlflow/${path}${query}`, {
    method,
    headers: {
      authorization: `Bearer ${as['MLFLOW_TRACKING_TOKEN']}`,
      'content-type': 'application/json',
      connection: 'close',
    },
    ...(method === 'GET' ? {} : { body: JSON.stringify(fields) }),
  });
  return { status: response.status, body: (await response.json()) as Reply['body'] };
}

test('the run of a job is named after it, and its variables are those of MLflow’s clients', async () => {
  expect(mine).toMatchObject({ MLFLOW_RUN_ID: 'mine', MLFLOW_TRACKING_URI: mlflow.url, MLFLOW_EXPERIMENT_NAME: 'e' });
  const { body } = await call('GET', 'runs/get', { run_id: 'mine' });
  expect(body.run.info).toMatchObject({
    run_id: 'mine',
    run_name: 'mine',
    status: 'RUNNING',
    lifecycle_stage: 'active',
  });
  expect((await call('GET', 'experiments/get-by-name', { experiment_name: 'e' })).body.experiment).toMatchObject({
    experiment_id: mine['MLFLOW_EXPERIMENT_ID'],
  });
});

describe('metrics, parameters and tags', () => {
  it('are logged one by one and in batches, and the latest value of a metric counts', async () => {
    await call('POST', 'runs/log-metric', { run_id: 'mine', key: 'loss', value: 3, timestamp: '1', step: 0 });
    await call('POST', 'runs/log-batch', {
      run_id: 'mine',
      metrics: [
        { key: 'loss', value: 1, timestamp: 2, step: 5 },
        { key: 'loss', value: 2, timestamp: 3, step: 4 },
        { key: 'odd', value: 'NaN', timestamp: 3 },
      ],
      params: [{ key: 'rate', value: '0.1' }],
      tags: [{ key: 'stage', value: 'final' }],
    });
    const { body } = await call('GET', 'runs/get', { run_id: 'mine' });
    expect(body.run.data.metrics).toEqual([
      { key: 'loss', value: 1, timestamp: 2, step: 5 },
      { key: 'odd', value: 'NaN', timestamp: 3, step: 0 },
    ]);
    expect(body.run.data.params).toEqual([{ key: 'rate', value: '0.1' }]);
    expect(body.run.data.tags).toContainEqual({ key: 'stage', value: 'final' });
    expect(mlflow.metrics('mine', 'loss')).toEqual([3, 1, 2]);

    const first = await call('GET', 'metrics/get-history', { run_id: 'mine', metric_key: 'loss', max_results: 2 });
    expect(first.body.metrics.map(({ value }) => value)).toEqual([3, 1]);
    const second = await call('GET', 'metrics/get-history', {
      run_id: 'mine',
      metric_key: 'loss',
      page_token: first.body.next_page_token,
    });
    expect(second.body).toEqual({ metrics: [{ key: 'loss', value: 2, timestamp: 3, step: 4 }] });
  });

  it('a parameter keeps its value', async () => {
    await call('POST', 'runs/log-parameter', { run_id: 'mine', key: 'p', value: 'a' });
    expect((await call('POST', 'runs/log-parameter', { run_id: 'mine', key: 'p', value: 'a' })).status).toBe(200);
    expect(await call('POST', 'runs/log-parameter', { run_id: 'mine', key: 'p', value: 'b' })).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining('not allowed') },
    });
  });

  it('nothing of a batch is kept where one of it is wrong', async () => {
    const answer = await call('POST', 'runs/log-batch', {
      run_id: 'mine',
      metrics: [{ key: 'kept', value: 1, timestamp: 1 }],
      params: [{ key: 'p', value: 'c' }],
    });
    expect(answer.status).toBe(400);
    expect(mlflow.metrics('mine', 'kept')).toEqual([]);
  });

  it.each([
    ['a metric that is no number', 'runs/log-metric', { key: 'm', value: 'x', timestamp: 1 }],
    ['a metric without a name', 'runs/log-metric', { value: 1, timestamp: 1 }],
    ['a parameter that is too long', 'runs/log-parameter', { key: 'long', value: 'x'.repeat(6_001) }],
    [
      'too many metrics',
      'runs/log-batch',
      { metrics: Array.from({ length: 1_001 }, () => ({ key: 'm', value: 1, timestamp: 1 })) },
    ],
  ])('%s is refused', async (_what, path, fields) => {
    expect(await call('POST', path, { run_id: 'mine', ...fields })).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE' },
    });
  });
});

describe('a search', () => {
  beforeAll(async () => {
    for (const [name, loss, kind] of [
      ['s1', 1, 'tree'],
      ['s2', 2, 'tree'],
      ['s3', 3, 'line'],
    ] as const) {
      const run = mlflow.beginRun({ name, experiment: 'search' });
      await call(
        'POST',
        'runs/log-batch',
        {
          run_id: name,
          metrics: [{ key: 'loss', value: loss, timestamp: 1 }],
          params: [{ key: 'kind', value: kind }],
          tags: [{ key: 'a b', value: 'it' }],
        },
        run,
      );
    }
    mlflow.endRun('s3', 'FAILED');
  });

  it.each([
    ['', ['s1', 's2', 's3']],
    ['metrics.loss < 2.5', ['s1', 's2']],
    ["params.kind = 'tree' and metrics.loss >= 2", ['s2']],
    ["parameters.kind != 'tree'", ['s3']],
    ['tags.`a b` = "it" AND metrics.loss = 1', ['s1']],
    ["attributes.status = 'FAILED'", ['s3']],
    ["status = 'RUNNING' and run_name LIKE 's%'", ['s1', 's2']],
    ["run_name ILIKE 'S_'", ['s1', 's2', 's3']],
    ["run_id IN ('s1', 's3')", ['s1', 's3']],
    ["run_id NOT IN ('s1', 's3')", ['s2']],
    ['metrics.missing > 0', []],
    ["params.kind = 'tree and line'", []],
  ])('%s', async (filter, names) => {
    const { experiment_id: id } = (await call('GET', 'experiments/get-by-name', { experiment_name: 'search' })).body
      .experiment;
    const answer = await call('POST', 'runs/search', { experiment_ids: [id], filter, order_by: ['metrics.loss ASC'] });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body.runs.map(({ info }) => info.run_id)).toEqual(names);
  });

  it.each([
    'metrics.loss',
    'metrics.loss ~ 1',
    "metrics.loss > 'x'",
    'params.kind = tree',
    'nothing.x = 1',
    "status > 'x'",
    'metrics.loss < 1 or metrics.loss > 2',
  ])('refuses %s', async (filter) => {
    expect(await call('POST', 'runs/search', { experiment_ids: ['1'], filter })).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE' },
    });
  });

  it('comes in pages', async () => {
    const { experiment_id: id } = (await call('GET', 'experiments/get-by-name', { experiment_name: 'search' })).body
      .experiment;
    const first = await call('POST', 'runs/search', {
      experiment_ids: [id],
      max_results: 2,
      order_by: ['metrics.loss DESC'],
    });
    expect(first.body.runs).toHaveLength(2);
    const second = await call('POST', 'runs/search', {
      experiment_ids: [id],
      max_results: 2,
      order_by: ['metrics.loss DESC'],
      page_token: first.body.next_page_token,
    });
    expect(second.body.runs).toMatchObject([{ info: { run_id: 's1' } }]);
    expect(second.body.next_page_token).toBeUndefined();
  });
});

test('a job changes its own run and those it makes, and no other', async () => {
  const child = (await call('POST', 'runs/create', { experiment_id: mine['MLFLOW_EXPERIMENT_ID'], run_name: 'fold 1' }))
    .body.run.info;
  expect((await call('POST', 'runs/set-tag', { run_id: child.run_id, key: 'k', value: 'v' })).status).toBe(200);
  expect((await call('POST', 'runs/update', { run_id: child.run_id, status: 'FINISHED' })).body.run_info).toMatchObject(
    { status: 'FINISHED' },
  );
  expect(await call('POST', 'runs/set-tag', { run_id: 'mine', key: 'k', value: 'v' }, other)).toMatchObject({
    status: 403,
    body: { error_code: 'PERMISSION_DENIED' },
  });
});

test('artifacts are stored, listed and read, and never outside of their folder', async () => {
  const headers = { authorization: `Bearer ${mine['MLFLOW_TRACKING_TOKEN']}` };
  const at = (path: string) => `${mlflow.url}/api/2.0/mlflow-artifacts/artifacts/${path}`;
  expect((await fetch(at('mine/artifacts/plots/a.txt'), { method: 'PUT', headers, body: 'curve' })).status).toBe(200);
  expect(await (await fetch(at('mine/artifacts/plots/a.txt'), { headers })).text()).toBe('curve');
  expect((await call('GET', 'artifacts/list', { run_id: 'mine' })).body.files).toEqual([
    { path: 'plots', is_dir: true },
  ]);
  expect((await call('GET', 'artifacts/list', { run_id: 'mine', path: 'plots' })).body.files).toEqual([
    { path: 'plots/a.txt', is_dir: false, file_size: 5 },
  ]);
  expect((await fetch(at('mine%2F..%2F..%2F..%2Fescaped'), { method: 'PUT', headers, body: 'x' })).status).toBe(400);
  expect((await fetch(at('other/artifacts/x'), { method: 'PUT', headers, body: 'x' })).status).toBe(403);
});

test('what is not there, not served or not allowed is told as MLflow tells it', async () => {
  expect(await call('GET', 'runs/get', { run_id: 'none' })).toMatchObject({
    status: 404,
    body: { error_code: 'RESOURCE_DOES_NOT_EXIST' },
  });
  expect(await call('POST', 'registered-models/create', { name: 'm' })).toMatchObject({
    status: 404,
    body: { error_code: 'ENDPOINT_NOT_FOUND', message: expect.stringContaining('mlflow_model output') },
  });
  expect((await call('GET', 'runs/get', { run_id: 'mine' }, { MLFLOW_TRACKING_TOKEN: 'mine.forged' })).status).toBe(
    401,
  );
});

test('a job that outlives a crash of the server finds it again; the token ends with the job', async () => {
  await mlflow.stop();
  mlflow = await open();
  expect(mlflow.url).toBe(mine['MLFLOW_TRACKING_URI']);
  expect((await call('GET', 'runs/get', { run_id: 'mine' })).status).toBe(200);
  mlflow.endRun('mine', 'FINISHED');
  expect((await call('GET', 'runs/get', { run_id: 'mine' })).status).toBe(401);
  expect((await call('GET', 'runs/get', { run_id: 'mine' }, other)).body.run.info).toMatchObject({
    status: 'FINISHED',
  });
});
