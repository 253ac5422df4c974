/** The state folder: who uses it, its ports, and the settings that the app gets from it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { isLocked, lockOwner, takeInstanceLock } from '#local/runtime/instance-lock.ts';
import { PortBook } from '#local/runtime/ports.ts';
import { makeStateFolder, readStateFile, writeStateFile } from '#local/runtime/state-folder.ts';
import { stopRuntime } from '#local/runtime/stop-runtime.ts';
import { appSettings } from '#local/settings/app-settings.ts';
import { readLocalSettings } from '#local/settings/local-settings.ts';
import { readConfig } from '#shared/config/read-config.ts';

const root = mkdtempSync(join(tmpdir(), 'whence-state-'));
afterAll(() => rmSync(root, { recursive: true }));
const newFolder = (): string => makeStateFolder(mkdtempSync(join(root, 'f-')));

test('only its owner may look into the state folder and its files', () => {
  const folder = newFolder();
  writeStateFile(folder, 'x.json', { a: 1 });
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'x.json')).mode & 0o777).toBe(0o600);
  expect(readStateFile(folder, 'x.json')).toEqual({ a: 1 });
  writeFileSync(join(folder, 'x.json'), '{');
  expect(() => readStateFile(folder, 'x.json')).toThrow('is damaged');
});

describe.runIf(process.getuid !== undefined)('a state folder that is there already', () => {
  test('is taken if it is empty, whatever its rights', () => {
    const folder = mkdtempSync(join(root, 'f-'));
    chmodSync(folder, 0o755);
    makeStateFolder(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test('is refused, and left as it is, if others could put something into it', () => {
    const folder = mkdtempSync(join(root, 'f-'));
    writeFileSync(join(folder, 'secret'), 'known to others');
    chmodSync(folder, 0o755);
    expect(() => makeStateFolder(folder)).toThrow('is not trusted as a state folder: it is not empty');
    expect(statSync(folder).mode & 0o777).toBe(0o755);
  });

  test.runIf(process.getuid?.() === 0)('is refused if it is of another user', () => {
    const folder = mkdtempSync(join(root, 'f-'));
    chownSync(folder, 1234, 1234);
    expect(() => makeStateFolder(folder)).toThrow('it belongs to another user');
  });
});

test('what a killed runtime left is ended, and no other process', async () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'azurite'));
  const idle = 'setInterval(() => {}, 1000)';
  const script = join(folder, 'azurite-process.mjs');
  writeFileSync(script, idle);
  const another = spawn(process.execPath, ['-e', idle]);
  const left = spawn(process.execPath, [script]);
  writeFileSync(join(folder, 'azurite', 'pid'), String(another.pid));
  await Promise.all([another, left].map((child) => once(child, 'spawn')));
  expect(await stopRuntime(folder)).toEqual({ outcome: 'not-running' });
  writeFileSync(join(folder, 'azurite', 'pid'), String(left.pid));
  const ended = once(left, 'exit');
  expect(await stopRuntime(folder)).toEqual({ outcome: 'leftover-stopped', pid: left.pid });
  await ended;
  expect(another.exitCode).toBeNull();
  another.kill();
  expect(await stopRuntime(folder)).toEqual({ outcome: 'not-running' });
});

test('a state folder is used by one at a time', () => {
  const folder = newFolder();
  expect(isLocked(folder)).toBe(false);
  const lock = takeInstanceLock(folder);
  expect(isLocked(folder)).toBe(true);
  expect(lockOwner(folder)?.pid).toBe(process.pid);
  expect(takeInstanceLock(folder)).toBeUndefined();
  lock?.release();
  expect(isLocked(folder)).toBe(false);
});

test('the lock of a process that was killed is gone with it', async () => {
  const folder = newFolder();
  const module = join(import.meta.dirname, '..', '..', 'local', 'runtime', 'instance-lock.ts');
  const child = spawn(
    process.execPath,
    [
      '-e',
      `import(${JSON.stringify(module)}).then((m) => { globalThis.lock = m.takeInstanceLock(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1000); })`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  expect(isLocked(folder)).toBe(true);
  expect(lockOwner(folder)?.pid).toBe(child.pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isLocked(folder)).toBe(false);
  expect(await stopRuntime(folder)).toEqual({ outcome: 'not-running' });
});

test('a runtime that does not stop in time is said to be still running', async () => {
  const folder = newFolder();
  const lock = takeInstanceLock(folder);
  const deaf = (): void => undefined;
  process.on('SIGTERM', deaf);
  try {
    expect(await stopRuntime(folder, 300)).toEqual({ outcome: 'still-running', pid: process.pid });
  } finally {
    process.off('SIGTERM', deaf);
    lock?.release();
  }
});

test('ports are asked for again, given up where they are taken, and kept where they were given', async () => {
  const folder = newFolder();
  new PortBook(folder, {}).remember({ app: 5001, blob: 5002 });
  const book = new PortBook(folder, { blob: 6002 });
  const asked: unknown[] = [];
  const problems: unknown[] = [];
  const start = async (ports: { app: number; blob: number; queue: number }): Promise<string> => {
    asked.push(ports);
    if (ports.app === 5001) throw new Error('taken');
    return 'up';
  };
  expect(await book.start(['app', 'blob', 'queue'], start, (error) => problems.push(error))).toBe('up');
  expect(asked).toEqual([
    { app: 5001, blob: 6002, queue: 0 },
    { app: 0, blob: 6002, queue: 0 },
  ]);
  expect(problems).toHaveLength(1);
  const given = async (): Promise<never> => Promise.reject(new Error('given port is taken'));
  await expect(book.start(['blob'], given, () => undefined)).rejects.toThrow('given port is taken');
});

const addresses = {
  blobHttpsUrl: 'https://127.0.0.1:1/devstoreaccount1',
  storageConnectionString: 'UseDevelopmentStorage=true',
  serviceBusConnectionString: 'Endpoint=sb://127.0.0.1:2;UseDevelopmentEmulator=true;',
  azureMlUrl: 'https://127.0.0.1:3',
  issuer: 'http://127.0.0.1:4/issuer',
  identityEndpoint: 'http://127.0.0.1:4/token',
  identityHeader: 'secret',
  telemetryFile: '/tmp/telemetry.jsonl',
};

test("the app accepts the laptop's settings, and the user's own win", () => {
  const settings = appSettings(addresses, { WHENCE_STAGE: 'dev' }, 'example.org');
  expect(readConfig(settings)).toMatchObject({
    WHENCE_STAGE: 'dev',
    onAzure: false,
    WHENCE_LANDING_CONTAINER: 'landing',
  });
  expect(settings['NO_PROXY']).toBe('example.org,127.0.0.1,localhost');
});

test("the user's own settings are read as the Functions tools read them", () => {
  const folder = newFolder();
  expect(readLocalSettings(folder)).toEqual({});
  writeFileSync(
    join(folder, 'local.settings.json'),
    JSON.stringify({ IsEncrypted: false, Values: { A: '1', B: '<from .whence/endpoints.json>' }, Host: { CORS: '*' } }),
  );
  expect(readLocalSettings(folder)).toEqual({ A: '1' });
  writeFileSync(join(folder, 'local.settings.json'), JSON.stringify({ Values: { A: 1 } }));
  expect(() => readLocalSettings(folder)).toThrow('Values');
});
