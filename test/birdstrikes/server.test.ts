/** The scoring server as a deployment runs it: a process with the model's folder and a port in its environment. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { demoBatches } from '#local/demo/batches.ts';
import { scoringExamples } from '#local/demo/figures.ts';

import { CODE, ROOT, Scratch, train } from './jobs.ts';

let scratch: Scratch;
let server: ChildProcess;
let url: string;

/** Starts the server on a port of the system's choice. */
async function serve(model: string): Promise<{ process: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['server.mjs'], {
    cwd: CODE,
    env: { PATH: process.env['PATH'], AZUREML_MODEL_DIR: model, PORT: '0', HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /on port (\d+)/.exec(line)?.[1];
    if (port !== undefined) return { process: child, url: `http://127.0.0.1:${port}` };
  }
  throw new Error('The server ended before it listened.');
}

async function score(body: unknown): Promise<{ status: number; body: { predictions?: number[]; error?: string } }> {
  const response = await fetch(`${url}/score`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as { predictions?: number[]; error?: string } };
}

beforeAll(async () => {
  scratch = await Scratch.make();
  const { first, second } = await demoBatches(ROOT);
  const model = await train(scratch, 'v2', await scratch.data('second', [...first, ...second]));
  const started = await serve(model);
  server = started.process;
  url = started.url;
});

afterAll(async () => {
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  const [code] = (await ended) as [number | null];
  await scratch[Symbol.asyncDispose]();
  expect(code, 'the server ends by itself when asked').toBe(0);
});

describe('the scoring server', () => {
  it('answers both probes', async () => {
    expect((await fetch(`${url}/`)).status).toBe(200);
    const ready = await fetch(`${url}/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ready', training: expect.objectContaining({ rows: 5_365 }) },
    ]);
  });

  it.each(scoringExamples)('scores $name as $probability', async ({ row, probability }) => {
    const { status, body } = await score({ rows: [row] });
    expect(status).toBe(200);
    expect(body.predictions?.[0]).toBeCloseTo(probability, 3);
  });

  it('scores many rows in order, takes a speed as a number and ignores other columns', async () => {
    const rows = scoringExamples.map(({ row }) => ({ ...row, 'Cost Total $': 5 }));
    const { body } = await score({ rows: [...rows, { ...rows[0], 'Speed IAS in knots': 200 }] });
    expect(body.predictions).toHaveLength(4);
    expect(body.predictions?.[3]).toBe(body.predictions?.[0]);
    expect(body.predictions?.map((value) => value.toFixed(3)).slice(0, 3)).toEqual(['0.645', '0.051', '0.711']);
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', '{"rows":', /not JSON/],
    ['no rows', {}, /"rows"/],
    ['an empty list', { rows: [] }, /1 to 1000 rows; these are 0/],
    ['too many rows', { rows: new Array(1_001).fill({}) }, /these are 1001/],
    ['a row that is a list', { rows: [[1]] }, /rows\[0\]: expected an object/],
    [
      'a row without a known column',
      { rows: [{ 'Phase of flight': 'Climb' }, { phase: 'Climb' }] },
      /rows\[1\]: none of the columns Airport Name/,
    ],
    ['a category that is a number', { rows: [{ 'Phase of flight': 3 }] }, /"Phase of flight" must be text/],
    [
      'a speed in words',
      { rows: [{ 'Phase of flight': 'Climb', 'Speed IAS in knots': 'fast' }] },
      /must be a number of knots/,
    ],
    [
      'a negative speed',
      { rows: [{ 'Phase of flight': 'Climb', 'Speed IAS in knots': -1 }] },
      /must be a number of knots/,
    ],
    ['another form of date', { rows: [{ 'Phase of flight': 'Climb', 'Flight Date': '31.12.1999' }] }, /must be a date/],
  ])('answers 400 to %s', async (_, body, message) => {
    const answer = await score(body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatch(message);
  });

  it('answers 413 to a body that is too long, 405 and 404 to what it does not serve', async () => {
    expect((await score('x'.repeat(1_000_001))).status).toBe(413);
    expect((await fetch(`${url}/score`)).status).toBe(405);
    expect((await fetch(`${url}/predict`, { method: 'POST' })).status).toBe(404);
  });

  it('finds the model in a folder within the folder, as registered models lie', async () => {
    const outer = join(scratch.folder, 'registered');
    await cp(join(scratch.folder, 'v2'), join(outer, 'model'), { recursive: true });
    const other = await serve(outer);
    const ended = once(other.process, 'exit');
    other.process.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('does not start without a model', async () => {
    const child = spawn(process.execPath, ['server.mjs'], {
      cwd: CODE,
      env: { AZUREML_MODEL_DIR: CODE, PORT: '0' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(log).toMatch(/There is no model\.json in/);
  });
});
