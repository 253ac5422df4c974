/** HTTP triggers against what was recorded on the real host. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { startFunctionsHost, type FunctionsHost } from '#local/functions-host/functions-host.ts';
import { sendRaw } from '#test/support/raw-http.ts';

interface Recorded {
  readonly label: string;
  readonly method: string;
  readonly path: string;
  readonly requestHeaders?: Record<string, string>;
  readonly requestBody?: string | { base64: string };
  readonly status: number;
  readonly statusMessage: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | { base64: string };
}

const fixtures = join(import.meta.dirname, '..', 'fixtures');
const recorded = (JSON.parse(readFileSync(join(fixtures, 'http.json'), 'utf8')) as { requests: Recorded[] }).requests;

/** Recorded, but not served on a laptop: function keys and the host's own administration. */
const notServed = new Map([
  ['fn key open', 'authLevel function: the start is refused'],
  ['admin invoke queue', '/admin is not served'],
  ['admin invoke timer', '/admin is not served'],
  ['admin unknown', '/admin is not served'],
  ['admin fn', '/admin is not served'],
]);

let host: FunctionsHost;
const stateFolder = mkdtempSync(join(tmpdir(), 'whence-host-'));
const errors: string[] = [];
beforeAll(async () => {
  host = await startFunctionsHost({
    appDirectory: join(fixtures, 'apps', 'http'),
    env: {},
    stateFolder,
    onLog: ({ level, message }) => void (level === 'error' && errors.push(message)),
  });
});
afterAll(async () => {
  await host.stop();
  rmSync(stateFolder, { recursive: true });
});

test('every recorded request is either replayed or listed as not served', () => {
  expect([...notServed.keys()].filter((label) => !recorded.some((one) => one.label === label))).toEqual([]);
  expect(recorded.length - notServed.size).toBe(34);
});

test.each(recorded.filter(({ label }) => !notServed.has(label)))(
  '$label: $method $path',
  async ({ method, path, requestHeaders, requestBody, status, statusMessage, headers, body }) => {
    const response = await sendRaw(host.baseUrl, {
      method,
      path,
      headers: { host: '127.0.0.1:7071', ...requestHeaders },
      ...(requestBody === undefined
        ? {}
        : { body: typeof requestBody === 'string' ? requestBody : Buffer.from(requestBody.base64, 'base64') }),
    });
    expect({ status: response.status, statusMessage: response.statusMessage }).toEqual({ status, statusMessage });
    expect(bytesOf(response.body)).toEqual(
      bytesOf(typeof body === 'string' ? body : Buffer.from(body.base64, 'base64')),
    );
    expect(comparable(response.headers)).toEqual(comparable(headers));
  },
);

test('a body over 100 MB is answered with 500, one below it is taken', async () => {
  const large = await sendRaw(host.baseUrl, { method: 'POST', path: '/api/limited', body: Buffer.alloc(104_857_601) });
  expect(large.status).toBe(500);
  const allowed = await sendRaw(host.baseUrl, { method: 'POST', path: '/api/limited', body: Buffer.alloc(1_000_000) });
  expect(JSON.parse(allowed.body.toString())).toEqual({ bytes: 1_000_000 });
});

test('a function that takes longer than functionTimeout is failed, and the log says so', async () => {
  const response = await sendRaw(host.baseUrl, { method: 'GET', path: '/api/hang' });
  expect(response.status).toBe(500);
  expect(errors.at(-1)).toContain('Timeout value of 00:00:01 was exceeded by function: Functions.hang');
});

test('a failing function is told of with its stack', () => {
  expect(errors.some((message) => message.includes('http boom') && message.includes('at '))).toBe(true);
});

test('the list names every function with its route', () => {
  expect(host.functions).toContainEqual({ name: 'rest', trigger: 'httpTrigger', where: 'GET /api/rest/{*path}' });
  expect(host.functions).toHaveLength(6);
});

/** Left out in the recording too: what the server adds by itself. A missing length of a body that is there means chunks. */
const added = new Set(['date', 'server', 'connection', 'transfer-encoding', 'keep-alive']);

function comparable(headers: readonly (readonly [string, string])[]): string[] {
  return headers
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
    .filter((line) => !added.has(line.split(':')[0] ?? '') && !/^content-length: [1-9]/.test(line))
    .toSorted();
}

function bytesOf(body: string | Buffer): string {
  return Buffer.from(body).toString('latin1');
}
