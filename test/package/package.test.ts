/** The deployable package: the same bytes twice, only what runs, and the laptop runtime runs it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPromise } from 'yauzl';

import { ApiClient } from '#cli/client/api-client.ts';
import { laptopTarget } from '#cli/target.ts';
import { platformRoutes } from '#shared/contracts/api/platform-routes.ts';
import { startRuntimeProcess } from '#test/support/runtime-process.ts';

import { writePackage } from '../../scripts/package.ts';

let folder: string;
const files = new Map<string, Buffer>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'whence-package-'));
  await writePackage(join(folder, 'one.zip'));
  const zip = await openPromise(join(folder, 'one.zip'));
  for await (const entry of zip.eachEntry()) {
    files.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  }
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

test('is the same, byte by byte, when it is made again', async () => {
  await writePackage(join(folder, 'two.zip'));
  expect(readFileSync(join(folder, 'two.zip')).equals(readFileSync(join(folder, 'one.zip')))).toBe(true);
}, 120_000);

test('holds only what runs', () => {
  const tops = new Set([...files.keys()].map((path) => path.split('/').slice(0, 2).join('/')));
  expect([...tops].toSorted()).toEqual([
    'dist/functions',
    'host.json',
    'node_modules/@duckdb',
    'node_modules/detect-libc',
    'package.json',
  ]);
  expect([...files.keys()].filter((path) => /\.(ts|map)$|local\.settings|\/local\//.test(path))).toEqual([]);
});

test('runs in the laptop runtime, from its files alone', { timeout: 180_000 }, async () => {
  const app = join(folder, 'app');
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(app, path)), { recursive: true });
    writeFileSync(join(app, path), bytes);
  }
  writeFileSync(join(app, 'local.settings.json'), JSON.stringify({ IsEncrypted: false, Values: {} }));
  const query = `const { DuckDBInstance } = await import('@duckdb/node-api');
    const connection = await (await DuckDBInstance.create()).connect();
    console.log(JSON.stringify((await connection.runAndReadAll('select 42')).getRows()));`;
  const duckdb = spawnSync(process.execPath, ['--input-type=module', '-e', query], { cwd: app, encoding: 'utf8' });
  expect(duckdb.stderr).toBe('');
  expect(duckdb.stdout).toBe('[[42]]\n');
  const runtime = await startRuntimeProcess(join(folder, 'state'), app);
  try {
    const health = await new ApiClient(laptopTarget(runtime.endpoints)).call(platformRoutes.health, {});
    expect(health).toMatchObject({ status: 'ok' });
  } finally {
    await runtime.end('SIGTERM');
  }
});
