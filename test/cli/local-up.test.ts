/** `whence local up` leaves nothing running, however it is ended. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { stopRuntime } from '#local/runtime/stop-runtime.ts';

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

/** Command lines of the processes that were told of the state folder. */
function left(): string[] {
  const all = execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' });
  return all.split('\n').filter((line) => line.includes(state));
}

test('by a signal that comes twice, while it still starts', async () => {
  const child = up();
  child.stdout?.once('data', () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGTERM'), 20);
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(left()).toEqual([]);
});

test('by a reader that goes away', async () => {
  const child = up();
  child.stdout?.once('data', () => child.stdout?.destroy());
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(left()).toEqual([]);
});
