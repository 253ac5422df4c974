import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { appendRunEvent, createRun } from '#functions/run-store/run-store.ts';
import { pipelineTable } from '#shared/contracts/records/pipeline.ts';
import type { RunHead } from '#shared/contracts/records/run.ts';
import { stepNames, type RunStatus } from '#shared/domain/run/statuses.ts';

import { Issuer } from './issuer.ts';
import { ApiLab } from './lab.ts';

const digest = 'a'.repeat(64);
let issuer: Issuer;
let api: ApiLab;

beforeAll(async () => {
  issuer = await Issuer.start();
});
afterAll(() => issuer[Symbol.asyncDispose]());
beforeEach(async () => {
  api = await ApiLab.open(issuer);
  for (const name of ['demo', 'other'])
    await api.deps.records.insert(
      pipelineTable.table,
      { partition: pipelineTable.partition, row: name },
      {
        schemaVersion: 1,
        name,
        activeVersion: digest,
        paused: false,
        trigger: { container: 'landing', path: 'in/*.csv', select: 'all', settleMs: 1_000, maxWaitMs: 60_000 },
        endpoint: name,
        updatedAt: '2026-01-01T00:00:00.000Z',
        updatedBy: 'ada',
      },
    );
});

async function makeRun(runId: string, pipeline = 'demo', status: RunStatus = 'running'): Promise<void> {
  const at = new Date(api.nowMs).toISOString();
  const head: RunHead = {
    schemaVersion: 1,
    runId,
    runKey: digest,
    pipeline,
    pipelineVersion: digest,
    generation: 1,
    manifestNumber: 1,
    manifestDigest: digest,
    occasion: '',
    status,
    createdAt: at,
    updatedAt: at,
    requests: [],
    steps: stepNames.map((name) => ({ name, status: 'pending', attempt: 0 })),
    eventKeys: {},
  };
  await createRun(api.deps, head, { key: 'run.started', type: 'run.started', summary: 'It began.', data: {} });
  api.nowMs += 1_000;
}

describe('starting a run', () => {
  const start = (key: string | undefined, body: unknown) =>
    api.call('POST', 'v1/runs', { headers: key === undefined ? {} : { 'idempotency-key': key }, body });

  test('is a request that is answered at once, and opens a data window', async () => {
    const answer = await start('k1', { pipeline: 'demo', reason: 'because' });
    expect(answer).toMatchObject({ status: 202, body: { pipeline: 'demo', kind: 'start', state: 'open' } });
    expect(api.engine).toEqual(['dataWindow demo-1']);
    const shown = await api.call('GET', `v1/pipelines/demo/requests/${String(answer.body['requestId'])}`);
    expect(shown).toMatchObject({ status: 200, body: answer.body });
  });

  test('again with the same key is the same request', async () => {
    const [first, second, third] = [
      await start('k1', { pipeline: 'demo' }),
      ...(await Promise.all([start('k1', { pipeline: 'demo' }), start('k1', { pipeline: 'demo' })])),
    ];
    expect([second.body, third.body]).toEqual([first.body, first.body]);
    expect(api.engine).toEqual(['dataWindow demo-1']);
  });

  test('with a used key and another body is refused', async () => {
    await start('k1', { pipeline: 'demo' });
    expect(await start('k1', { pipeline: 'demo', reason: 'other' })).toMatchObject({
      status: 422,
      body: { code: 'http.idempotency-key-reused' },
    });
  });

  test('by somebody else with the same key is another request', async () => {
    const mine = await start('k1', { pipeline: 'demo' });
    const theirs = await api.call('POST', 'v1/runs', {
      token: await issuer.token({ objectId: 'somebody-else' }),
      headers: { 'idempotency-key': 'k1' },
      body: { pipeline: 'demo' },
    });
    expect(theirs.body['requestId']).not.toBe(mine.body['requestId']);
  });

  test.each([
    ['no key', undefined, { pipeline: 'demo' }, 400, 'http.idempotency-key-missing'],
    ['an unknown pipeline', 'k', { pipeline: 'nobody' }, 404, 'pipeline.unknown'],
    ['no pipeline', 'k', {}, 400, 'http.invalid-request'],
    ['an unknown member', 'k', { pipeline: 'demo', force: true }, 400, 'http.invalid-request'],
    ['a name that is none', 'k', { pipeline: '../demo' }, 400, 'http.invalid-request'],
    ['no JSON', 'k', '{"pipeline":', 400, 'http.invalid-request'],
  ])('with %s is refused', async (_what, key, body, status, code) => {
    expect(await start(key, body)).toMatchObject({ status, body: { code, status } });
    expect(api.engine).toEqual([]);
  });
});

describe('the list of runs', () => {
  test('shows every run once, newest first, page by page', async () => {
    for (let run = 1; run <= 7; run += 1) await makeRun(`demo-r-${run}`);
    const seen: string[] = [];
    let after: unknown;
    do {
      const query = after === undefined ? '' : `&after=${encodeURIComponent(String(after))}`;
      const page = await api.call('GET', `v1/runs?limit=3${query}`);
      seen.push(...(page.body['items'] as { runId: string }[]).map(({ runId }) => runId));
      after = page.body['next'];
    } while (after !== undefined);
    expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1].map((run) => `demo-r-${run}`));
  });

  test('is filtered by pipeline and by status', async () => {
    await makeRun('demo-r-1', 'demo', 'failed');
    await makeRun('demo-r-2', 'demo', 'succeeded');
    await makeRun('other-r-3', 'other', 'failed');
    const ids = async (query: string) =>
      ((await api.call('GET', `v1/runs?${query}`)).body['items'] as { runId: string }[]).map(({ runId }) => runId);
    expect(await ids('pipeline=demo')).toEqual(['demo-r-2', 'demo-r-1']);
    expect(await ids('status=failed')).toEqual(['other-r-3', 'demo-r-1']);
    expect(await ids('pipeline=demo&status=failed')).toEqual(['demo-r-1']);
  });

  test.each(['limit=0', 'limit=100000', 'limit=x', 'status=done', 'pipeline=..', 'unknown=1'])(
    'refuses the query %s',
    async (query) => {
      expect(await api.call('GET', `v1/runs?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'http.invalid-request' },
      });
    },
  );
});

describe('a run', () => {
  test('is shown, with an ETag that spares the body', async () => {
    await makeRun('demo-r-1');
    const first = await api.call('GET', 'v1/runs/demo-r-1');
    expect(first).toMatchObject({ status: 200, body: { runId: 'demo-r-1', status: 'running' } });
    expect(first.body).not.toHaveProperty('eventKeys');
    const etag = first.headers.get('etag') ?? '';
    expect(await api.call('GET', 'v1/runs/demo-r-1', { headers: { 'if-none-match': etag } })).toMatchObject({
      status: 304,
      body: {},
    });
  });

  test.each(['GET', 'POST'])('that is not there is 404 for %s', async (method) => {
    const path = method === 'GET' ? 'v1/runs/nobody' : 'v1/runs/nobody/cancel';
    expect(await api.call(method, path)).toMatchObject({ status: 404, body: { code: 'run.unknown' } });
  });

  test('is asked to end once, however often somebody asks, and whoever waits for its job is told', async () => {
    await makeRun('demo-r-1');
    await appendRunEvent(
      api.deps,
      'demo-r-1',
      { key: 's', type: 'job.submitted', step: 'train', summary: 'Submitted.', data: {} },
      (head) => ({
        ...head,
        steps: head.steps.map((step) =>
          step.name === 'train' ? { ...step, status: 'running', attempt: 1, job: 'demo-train-1' } : step,
        ),
      }),
    );
    for (let ask = 0; ask < 2; ask += 1)
      expect(await api.call('POST', 'v1/runs/demo-r-1/cancel')).toMatchObject({
        status: 202,
        body: { cancelRequestedBy: 'ada@example.org' },
      });
    expect(api.engine).toContain('demo-train-1 job-changed');
    const events = await api.call('GET', 'v1/runs/demo-r-1/events');
    const types = (events.body['items'] as { type: string }[]).map(({ type }) => type);
    expect(types.filter((type) => type === 'run.cancel-requested')).toHaveLength(1);
  });

  test('that has ended cannot be canceled', async () => {
    await makeRun('demo-r-1', 'demo', 'succeeded');
    expect(await api.call('POST', 'v1/runs/demo-r-1/cancel')).toMatchObject({
      status: 409,
      body: { code: 'run.ended' },
    });
  });
});

describe('the events of a run', () => {
  const append = (key: string, type: 'job.state' | 'run.succeeded', status: RunStatus = 'running') =>
    appendRunEvent(api.deps, 'demo-r-1', { key, type, summary: key, data: {} }, (head) => ({ ...head, status }));

  async function streamed(
    headers: Record<string, string> = {},
    during: () => Promise<void> = () => new Promise(setImmediate),
  ) {
    const answer = await api.call('GET', 'v1/runs/demo-r-1/events', {
      headers: { accept: 'text/event-stream', ...headers },
    });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const reader = answer.stream?.getReader();
    let text = '';
    for (;;) {
      let isRead = false;
      const read = reader?.read().finally(() => {
        isRead = true;
      });
      await during();
      while (!isRead) await during();
      const chunk = await read;
      if (chunk?.value === undefined) return text;
      text += new TextDecoder().decode(chunk.value);
    }
  }

  test('come page by page', async () => {
    await makeRun('demo-r-1');
    for (const key of ['a', 'b', 'c']) await append(key, 'job.state');
    const first = await api.call('GET', 'v1/runs/demo-r-1/events?limit=3');
    expect(first.body).toMatchObject({ items: [{ seq: 1 }, { seq: 2 }, { seq: 3 }], next: '3' });
    expect((await api.call('GET', 'v1/runs/demo-r-1/events?limit=3&after=3')).body).toMatchObject({
      items: [{ seq: 4 }],
    });
  });

  test('come as a stream that ends with the run, from where the reader was', async () => {
    await makeRun('demo-r-1');
    await append('a', 'job.state');
    await append('b', 'run.succeeded', 'succeeded');
    const whole = await streamed();
    expect([...whole.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id)).toEqual(['1', '2', '3']);
    expect(whole).toContain('event: run.succeeded');
    expect([...(await streamed({ 'last-event-id': '2' })).matchAll(/^id: (\d+)$/gm)].map(([, id]) => id)).toEqual([
      '3',
    ]);
  });

  test('come as a stream that ends by itself under three minutes, with a sign of life now and then', async () => {
    await makeRun('demo-r-1');
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const startMs = api.nowMs;
    const text = await streamed({}, async () => {
      api.nowMs += 500;
      await vi.advanceTimersByTimeAsync(500);
    }).finally(() => vi.useRealTimers());
    expect(api.nowMs - startMs).toBeLessThan(180_000);
    expect(text.match(/^: still here$/gm)?.length).toBeGreaterThanOrEqual(9);
  });
});
