/** The whole runtime as a process: start, second start, kill -9 and start again, stop. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, expect, test, vi } from 'vitest';

import { runtimeEndpoints } from '#local/runtime/endpoints.ts';
import { readStateFile } from '#local/runtime/state-folder.ts';
import { stopRuntime } from '#local/runtime/stop-runtime.ts';
import { processesOf, startRuntimeProcess } from '#test/support/runtime-process.ts';

const app = join(import.meta.dirname, '..', 'fixtures', 'apps', 'laptop');
const stateFolder = mkdtempSync(join(tmpdir(), 'whence-runtime-'));
afterAll(async () => {
  await stopRuntime(stateFolder);
  rmSync(stateFolder, { recursive: true });
});

async function land(connectionString: string, name: string): Promise<void> {
  await BlobServiceClient.fromConnectionString(connectionString)
    .getContainerClient('landing')
    .getBlockBlobClient(name)
    .upload('a,b\n', 4);
}

async function get(baseUrl: string, path: string): Promise<string> {
  return (await fetch(`${baseUrl}/api/${path}`)).text();
}

test('a blob that lands reaches the app, which reads it with its identity; kill -9 and a new start go on', async () => {
  const first = await startRuntimeProcess(stateFolder, app);
  const { baseUrl } = first.endpoints.app;
  expect(runtimeEndpoints.parse(readStateFile(stateFolder, 'endpoints.json'))).toEqual(first.endpoints);
  await land(first.endpoints.blob.connectionString, 'x/one.csv');
  await vi.waitFor(async () => expect(await get(baseUrl, 'seen')).toContain('/blobs/x/one.csv'), { timeout: 10_000 });
  expect(await get(baseUrl, 'blobs')).toContain('<Name>x/one.csv</Name>');
  expect(await get(baseUrl, 'settings/WHENCE_STAGE')).toBe('local');

  await expect(startRuntimeProcess(stateFolder, app)).rejects.toMatchObject({
    code: 1,
    message: expect.stringContaining(`is running already, by process ${first.pid}; its app is at ${baseUrl}.`),
  });

  await first.end('SIGKILL');
  expect(processesOf(stateFolder)).toHaveLength(1);
  const second = await startRuntimeProcess(stateFolder, app);
  expect(second.endpoints).toEqual(first.endpoints);
  expect(await get(baseUrl, 'blobs')).toContain('<Name>x/one.csv</Name>');
  await land(second.endpoints.blob.connectionString, 'x/two.csv');
  await vi.waitFor(async () => expect(await get(baseUrl, 'seen')).toContain('/blobs/x/two.csv'), { timeout: 10_000 });

  const exited = new Promise<number | null>((resolve) => second.child.once('exit', resolve));
  expect(await stopRuntime(stateFolder)).toEqual({ outcome: 'stopped', pid: second.pid });
  expect(await exited).toBe(0);
  expect(processesOf(stateFolder)).toEqual([]);
  expect(existsSync(join(stateFolder, 'endpoints.json'))).toBe(false);
  await expect(fetch(`${baseUrl}/api/health`)).rejects.toThrow('fetch failed');
  expect(await stopRuntime(stateFolder)).toEqual({ outcome: 'not-running' });
});

test('what cannot be served stops the start, and nothing is left behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'whence-runtime-'));
  const unserved = join(import.meta.dirname, '..', 'fixtures', 'apps', 'unserved');
  await expect(startRuntimeProcess(folder, unserved)).rejects.toMatchObject({
    code: 2,
    message: expect.stringContaining('q: the trigger queueTrigger is not served'),
  });
  expect(processesOf(folder)).toEqual([]);
  expect(existsSync(join(folder, 'endpoints.json'))).toBe(false);
  rmSync(folder, { recursive: true });
});
