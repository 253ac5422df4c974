/** What `run watch` follows, what `run start` says of a paused pipeline, and how they end. */
import { afterEach, expect, test } from 'vitest';

import { FakeApi, fakePipeline, fakeRun, fakeWindow, type FakeAnswer } from './fake-api.ts';
import { whence } from './whence.ts';

let api: FakeApi | undefined;
afterEach(() => api?.stop());

/** An API whose runs and windows change with each look at the runs. */
async function startApi(looks: readonly { runs: readonly unknown[]; windows: readonly unknown[] }[], paused = false) {
  let look = -1;
  const now = () => looks[Math.min(Math.max(look, 0), looks.length - 1)] ?? { runs: [], windows: [] };
  const at = '2026-01-01T00:00:00Z';
  api = await FakeApi.start((asked): FakeAnswer => {
    if (asked.startsWith('POST /v1/runs'))
      return {
        status: 202,
        body: { requestId: 'r1', pipeline: 'a', kind: 'start', state: 'open', createdAt: at },
      };
    const run = /^GET \/v1\/runs\/a-r-(\d+)\/events/.exec(asked);
    if (run !== null) {
      const type = run[1] === '9' ? 'run.succeeded' : 'run.failed';
      const event = { schemaVersion: 1, runId: `a-r-${run[1]}`, seq: 1, at, type, summary: 'It ended.', data: {} };
      return { body: `id: 1\ndata: ${JSON.stringify(event)}\n\n` };
    }
    if (asked.startsWith('GET /v1/runs?')) {
      look += 1;
      return { body: { items: now().runs } };
    }
    if (asked.includes('/windows')) return { body: { items: now().windows } };
    if (asked === 'GET /v1/pipelines/a') return { body: { ...fakePipeline({ paused }), versions: [] } };
    return { body: { items: [fakePipeline({ paused })] } };
  });
  return api.environment;
}

test('a window without a run is waited for, and a failed run ends with 1', async () => {
  const open = { runs: [], windows: [fakeWindow(3, 'open')] };
  const environment = await startApi([open, open, { ...open, runs: [fakeRun(3, 'running')] }]);
  const { code, stdout, stderr } = await whence(['run', 'watch', '--json'], environment);
  expect(JSON.parse(stderr)).toMatchObject({ waiting: { pipeline: 'a', window: 3, state: 'open' } });
  expect(JSON.parse(stdout)).toMatchObject({ type: 'run.failed', runId: 'a-r-3' });
  expect(code).toBe(1);
});

test('a newer window than the run that ended is waited for, and a success ends with 0', async () => {
  const open = { runs: [fakeRun(2, 'failed')], windows: [fakeWindow(9, 'sealed')] };
  const environment = await startApi([open, open, open, { ...open, runs: [fakeRun(9, 'running')] }]);
  const { code, stdout } = await whence(['run', 'watch', '--pipeline', 'a', '--json'], environment);
  expect(JSON.parse(stdout)).toMatchObject({ type: 'run.succeeded', runId: 'a-r-9' });
  expect(code).toBe(0);
});

test('a window that ends without a run is told, and the newest run is shown', async () => {
  const open = { runs: [fakeRun(9, 'succeeded')], windows: [fakeWindow(10, 'open')] };
  const done = { ...open, windows: [fakeWindow(10, 'done', { outcome: 'no-change' })] };
  const environment = await startApi([open, open, done]);
  const { code, stderr, stdout } = await whence(['run', 'watch', '--json'], environment);
  expect(stderr.trim().split('\n')).toHaveLength(2);
  expect(stderr).toContain('"outcome":"no-change"');
  expect(stdout).toContain('a-r-9');
  expect(code).toBe(0);
});

test('a paused pipeline is not waited for where it has run', async () => {
  const environment = await startApi([{ runs: [fakeRun(9, 'succeeded')], windows: [fakeWindow(10, 'open')] }], true);
  const { code, stderr } = await whence(['run', 'watch', '--json'], environment);
  expect([code, stderr]).toEqual([0, '']);
});

test('a start of a paused pipeline says when it starts', async () => {
  const paused = await whence(['run', 'start', 'a'], await startApi([], true));
  expect(paused.stdout).toContain('Pipeline a is paused: it starts after `whence pipeline resume a`.');
  api?.stop();
  const active = await whence(['run', 'start', 'a'], await startApi([]));
  expect(active.stdout).toContain('`whence run watch --pipeline a` follows it.');
});
