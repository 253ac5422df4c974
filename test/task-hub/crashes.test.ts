/** A crash of the hub's process at any commit: what stands in the database then goes on to the same end. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { VirtualClock } from '#local/task-hub/clock.ts';
import { TaskHub, type HubFaults } from '#local/task-hub/hub.ts';
import { TaskHubStore } from '#local/task-hub/store.ts';
import { loadModules, type Worker } from '#local/worker/worker.ts';

const app = join(import.meta.dirname, '..', 'fixtures', 'apps', 'hub', 'app.ts');
const folder = mkdtempSync(join(tmpdir(), 'whence-hub-'));
let worker: Worker;

beforeAll(async () => {
  worker = await loadModules([app], { appDirectory: '.', onLog: () => undefined });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Opens a hub on a database and lets it come to its end. @returns how every instance ended */
async function finish(file: string, faults: HubFaults, begin: (hub: TaskHub) => Promise<unknown>): Promise<string[]> {
  const clock = new VirtualClock();
  const hub = new TaskHub({ worker, databaseFile: file, config: {}, clock, random: () => 0, faults });
  await begin(hub);
  await hub.settled();
  for (let next = clock.nextMs(); next !== undefined; next = clock.nextMs()) {
    clock.moveTo(next);
    await hub.settled();
  }
  const ends = [...hub.instances.values()].map(({ id, status, output }) => `${id} ${status} ${output}`).toSorted();
  await hub.stop();
  return ends;
}

test('every commit of a workflow with activities, a child, timers and a second generation is a place to go on from', async () => {
  const file = join(folder, 'hub.db');
  const crashes: string[] = [];
  const ends = await finish(
    file,
    {
      committed: () => {
        const copy = join(folder, `crash-${crashes.length}.db`);
        for (const part of ['', '-wal']) if (existsSync(file + part)) copyFileSync(file + part, copy + part);
        crashes.push(copy);
      },
    },
    (hub) => hub.start('everything', 'i', JSON.stringify({ round: 1 })),
  );
  expect(ends).toEqual([
    'i Completed {"first":{"round":2},"fan":[{"at":1},{"at":2},{"at":3}],"child":2}',
    'i-child-1 Completed 2',
    'i-child-2 Completed 2',
  ]);
  expect(crashes.length).toBeGreaterThan(15);
  for (const crash of crashes) expect(await finish(crash, {}, async () => undefined)).toEqual(ends);
});

test('an activity whose result was lost runs again, and the workflow ends alike', async () => {
  let lost = 0;
  const ends = await finish(
    ':memory:',
    { activityFinished: () => ((lost += 1) % 2 === 1 && lost < 12 ? 'lose' : undefined) },
    (hub) => hub.start('everything', 'i', JSON.stringify({ round: 2 })),
  );
  expect(lost).toBeGreaterThan(6);
  expect(ends).toContain('i Completed {"first":{"round":2},"fan":[{"at":1},{"at":2},{"at":3}],"child":2}');
});

test('state that another release wrote is refused by name, and left as it is', () => {
  const file = join(folder, 'old.db');
  const old = new DatabaseSync(file);
  old.exec('CREATE TABLE instances (row_id INTEGER PRIMARY KEY); PRAGMA user_version = 1');
  old.close();
  expect(() => new TaskHubStore(file)).toThrow(/another release of Whence \(state 1, this one reads \d\)/);
});
