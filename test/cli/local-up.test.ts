/** `whence local up` leaves nothing running, however it is ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { stopRuntime } from '#local/runtime/stop-runtime.ts';
import { processesOf } from '#test/support/runtime-process.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'whence-up-'));
});
afterEach(async () => {
  await stopRuntime(state);
  rmSync(state, { recursive: true });
});

function up(): ChildProcess {
  const entry = join(import.meta.dirname, '..', '..', 'cli', 'whence.mjs');
  return spawn(process.execPath, [entry, 'local', 'up', '--json', '--state', state], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

test('by a signal that comes twice, while it still starts', async () => {
  const child = up();
  child.stdout?.once('data', () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGTERM'), 20);
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(processesOf(state)).toEqual([]);
});

test('by a reader that goes away', async () => {
  const child = up();
  child.stdout?.once('data', () => child.stdout?.destroy());
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(processesOf(state)).toEqual([]);
});
