import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { TaskHub } from '#local/task-hub/hub.ts';
import { loadModules, type Worker } from '#local/worker/worker.ts';

import type { Measured } from '../measured.ts';

/** Steps of the workflow; it costs as many commits and one. */
const STEPS = 5;
const FAN_OUT = 1_000;

/** What the raw side of a comparison writes in one commit: as many bytes in one row as a turn of the hub is. */
const ROW = 'x'.repeat(700);

/**
 * The task hub of the laptop runtime beside `node:sqlite` alone: the same file system, the same pragmas, as many
 * commits one after another as the hub needs for a workflow. So 1 means that everything but the disk is free.
 *
 * @param seconds - how long each point is measured, about
 */
export async function benchHub(seconds: number): Promise<Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), 'whence-bench-'));
  try {
    const worker = await loadModules([join(import.meta.dirname, 'app.ts')], {
      appDirectory: '.',
      onLog: () => undefined,
    });
    const commits = await rawCommits(join(folder, 'raw.db'), seconds);
    const one = await workflows(worker, join(folder, 'one.db'), seconds, 1);
    const hundred = await workflows(worker, join(folder, 'hundred.db'), seconds, 100);
    const fan = await fanOut(worker, join(folder, 'fan.db'));
    const bare = await replayOnly(worker, seconds);
    return [
      { name: 'raw SQLite commits', value: commits, unit: '1/s' },
      { name: '5-step workflows, one at a time', value: one.rate, unit: '1/s' },
      {
        name: '  beside raw commits, as many as they cost',
        value: commits / one.commitsEach / one.rate,
        unit: '× slower',
        goal: 'at most 2',
      },
      { name: '5-step workflows, 100 at a time', value: hundred.rate, unit: '1/s' },
      { name: '  beside the hub in memory, without a disk', value: bare / hundred.rate, unit: '× slower' },
      { name: '  commits each', value: hundred.commitsEach, unit: '' },
      { name: `fan-out of ${FAN_OUT}`, value: fan.ms, unit: 'ms' },
      { name: '  turns', value: fan.turns, unit: '', goal: 'at most 20' },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function rawCommits(file: string, seconds: number): Promise<number> {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  db.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT');
  const insert = db.prepare('INSERT INTO rows (text) VALUES (?)');
  const untilMs = performance.now() + 1_000 * seconds;
  let commits = 0;
  while (performance.now() < untilMs) {
    db.exec('BEGIN IMMEDIATE');
    insert.run(ROW);
    db.exec('COMMIT');
    commits += 1;
  }
  db.close();
  return commits / seconds;
}

async function workflows(
  worker: Worker,
  file: string,
  seconds: number,
  atATime: number,
): Promise<{ readonly rate: number; readonly commitsEach: number }> {
  const hub = new TaskHub({ worker, databaseFile: file, config: {} });
  const startMs = performance.now();
  let done = 0;
  while (performance.now() < startMs + 1_000 * seconds) {
    await Promise.all(Array.from({ length: atATime }, () => hub.start('fiveSteps', undefined, 'null')));
    await hub.settled();
    done += atATime;
  }
  const rate = (1_000 * done) / (performance.now() - startMs);
  const ended = [...hub.instances.values()].filter(({ status }) => status === 'Completed').length;
  if (ended !== done || hub.counts.activities !== STEPS * done) throw new Error('The hub lost workflows.');
  const commitsEach = hub.commits / done;
  await hub.stop();
  return { rate, commitsEach };
}

/** The same without a disk: replay and bookkeeping alone. */
async function replayOnly(worker: Worker, seconds: number): Promise<number> {
  return (await workflows(worker, ':memory:', seconds, 100)).rate;
}

async function fanOut(worker: Worker, file: string): Promise<{ readonly ms: number; readonly turns: number }> {
  const hub = new TaskHub({ worker, databaseFile: file, config: {} });
  const startMs = performance.now();
  await hub.start('fanOut', 'fan', JSON.stringify({ width: FAN_OUT }));
  await hub.settled();
  const ms = performance.now() - startMs;
  if (hub.instances.get('fan')?.status !== 'Completed') throw new Error('The fan-out did not end.');
  const { turns } = hub.counts;
  await hub.stop();
  return { ms, turns };
}
