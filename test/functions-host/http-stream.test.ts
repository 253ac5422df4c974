/** Streaming mode: forwarded to the library as it comes, on the loopback address only, and never left hanging. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { startFunctionsHost, type FunctionsHost } from '#local/functions-host/functions-host.ts';
import { sendRaw } from '#test/support/raw-http.ts';

let host: FunctionsHost;
const stateFolder = mkdtempSync(join(tmpdir(), 'whence-host-'));
const errors: string[] = [];
const ports: number[] = [];
beforeAll(async () => {
  const before = new Set(listeningPorts());
  host = await startFunctionsHost({
    appDirectory: join(import.meta.dirname, '..', 'fixtures', 'apps', 'streams'),
    env: {},
    stateFolder,
    onLog: ({ level, message }) => void (level === 'error' && errors.push(message)),
  });
  ports.push(...listeningPorts().filter((port) => !before.has(port)));
});
afterAll(async () => {
  await host.stop();
  rmSync(stateFolder, { recursive: true });
});

test('chunks arrive one by one as they are written', async () => {
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request(`${host.baseUrl}/api/chunks`, resolve).on('error', reject).end();
  });
  // The library sends its headers with the first chunk.
  await sendRaw(host.baseUrl, { method: 'POST', path: '/api/next', body: 'one' });
  const response = await answered;
  expect(response.headers['content-type']).toBe('text/event-stream');
  const chunks = response[Symbol.asyncIterator]();
  expect(String((await chunks.next()).value)).toBe('one');
  await sendRaw(host.baseUrl, { method: 'POST', path: '/api/next', body: 'two' });
  expect(String((await chunks.next()).value)).toBe('two');
  await sendRaw(host.baseUrl, { method: 'POST', path: '/api/next' });
  expect((await chunks.next()).done).toBe(true);
});

test('an upload is streamed with its parameters and its query', async () => {
  const response = await sendRaw(host.baseUrl, {
    method: 'PUT',
    path: '/api/upload/a%20b?q=1',
    body: Buffer.alloc(3_000_000),
  });
  expect(JSON.parse(response.body.toString())).toEqual({ name: 'a b', query: '1', bytes: 3_000_000 });
  const large = await sendRaw(host.baseUrl, { method: 'PUT', path: '/api/upload/a', body: Buffer.alloc(104_857_601) });
  expect(large.status).toBe(500);
});

test.each([
  ['nothing', '"nothing" returned no response in streaming mode'],
  ['boom', '"boom" failed in streaming mode'],
  ['hang', 'Timeout value of 00:00:01 was exceeded by function: Functions.hang'],
])('a handler that never answers is told of, and its caller gets 500: %s', async (name, message) => {
  errors.length = 0;
  const response = await sendRaw(host.baseUrl, { method: 'GET', path: `/api/${name}` });
  expect(response.status).toBe(500);
  expect(errors.some((line) => line.includes(message))).toBe(true);
});

test("the library's own server is not reachable from outside", async () => {
  expect(ports.length).toBe(2);
  const outside = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');
  for (const port of ports) {
    expect(await canConnect('127.0.0.1', port)).toBe(true);
    expect(await canConnect('127.0.0.2', port)).toBe(false);
    if (outside !== undefined) expect(await canConnect(outside.address, port)).toBe(false);
  }
});

/** TCP ports on which this process listens. */
function listeningPorts(): number[] {
  const handles = (
    process as unknown as { _getActiveHandles(): { address?: () => { port?: number } | null; listening?: boolean }[] }
  )._getActiveHandles();
  return handles.flatMap((handle) => (handle.listening === true ? [handle.address?.()?.port ?? 0] : []));
}

function canConnect(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
