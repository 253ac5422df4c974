/** The task hub beside the recordings of the real Functions host with the real Durable extension. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startFunctionsHost } from '#local/functions-host/functions-host.ts';
import { VirtualClock } from '#local/task-hub/clock.ts';

import { compare } from './compare.ts';
import { concurrent, differences, notServed } from './differences.ts';
import { perform, type Stage } from './perform.ts';
import { readRecordings } from './recording.ts';

/** Scenarios that were recorded. @source the README of the fixtures */
const RECORDED = 111;
/** Timers fire up to a second early; with all of it, nothing is later than in the recording. */
const EARLIEST = 0.999;

const recordings = readRecordings();
const stateFolder = mkdtempSync(join(tmpdir(), 'whence-conformance-'));
let stage: Stage;

beforeAll(async () => {
  const clock = new VirtualClock(Date.parse(recordings[0]?.client[0]?.at ?? ''));
  const host = await startFunctionsHost({
    appDirectory: join(import.meta.dirname, '..', '..', 'fixtures', 'apps', 'durable-traces'),
    env: {},
    stateFolder,
    clock,
    earliness: () => EARLIEST,
    onLog: () => undefined,
  });
  stage = { host, clock };
});

afterAll(async () => {
  await stage.host.stop();
  rmSync(stateFolder, { recursive: true });
});

test(`all of the ${RECORDED} recorded scenarios are performed, or listed as not served`, () => {
  const left = Object.values(notServed).flat();
  expect(new Set([...recordings.map(({ scenario }) => scenario), ...left]).size).toBe(RECORDED);
  expect(recordings.length + left.length).toBe(RECORDED);
});

// One after another, in the order of the recording: lists and purges see what came before.
describe('behaves as recorded', () => {
  test.each(recordings)('$scenario', async (recording) => {
    const found = compare(recording, await perform(stage, recording), concurrent.has(recording.scenario));
    const known = differences[recording.scenario];
    expect(
      found.map(({ where }) => where),
      JSON.stringify(found, undefined, 1).slice(0, 4_000),
    ).toEqual(known?.where ?? []);
  });
});
