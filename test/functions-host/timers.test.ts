/** Timers under a clock that stands still until it is told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, expect, test } from 'vitest';

import { startFunctionsHost, type FunctionsHost } from '#local/functions-host/functions-host.ts';
import { parseSchedule } from '#local/functions-host/schedule.ts';
import { VirtualClock } from '#local/task-hub/clock.ts';

interface Heard {
  readonly name: string;
  readonly timer: {
    readonly isPastDue: boolean;
    readonly schedule: unknown;
    readonly scheduleStatus: { readonly last: string; readonly lastUpdated: string; readonly next: string } | null;
  };
}

const folder = mkdtempSync(join(tmpdir(), 'whence-timers-'));
let host: FunctionsHost;
let heard: Heard[] = [];
afterEach(() => host.stop());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(startMs: number, stateFolder = mkdtempSync(join(folder, 'state-'))): Promise<VirtualClock> {
  const clock = new VirtualClock(startMs);
  host = await startFunctionsHost({
    appDirectory: join(import.meta.dirname, '..', 'fixtures', 'apps', 'timers'),
    env: { DAILY: '0 30 9 * * *' },
    stateFolder,
    clock,
    onLog: () => undefined,
  });
  heard = (globalThis as Record<string, unknown>)['whenceTimers'] as Heard[];
  await settle();
  return clock;
}

/** An invocation takes a few turns of the event loop, and plans the next one when it has ended. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

async function advance(clock: VirtualClock, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 5) {
    clock.moveTo(clock.nowMs() + 5_000);
    await settle();
  }
}

const namesOf = (name: string): Heard[] => heard.filter((one) => one.name === name);

test('a timer fires at every due time of its schedule, once', async () => {
  const clock = await start(Date.parse('2026-03-01T00:00:01Z'));
  await advance(clock, 60);
  expect(namesOf('fast')).toHaveLength(12);
  expect(namesOf('fast')[0]?.timer).toEqual({
    schedule: { adjustForDST: true },
    scheduleStatus: null,
    isPastDue: false,
  });
});

test('a monitored timer gets its status, also after a restart', async () => {
  const stateFolder = mkdtempSync(join(folder, 'kept-'));
  const clock = await start(Date.parse('2026-03-01T09:29:58Z'), stateFolder);
  await advance(clock, 10);
  expect(namesOf('daily').map(({ timer }) => timer)).toEqual([
    {
      schedule: { adjustForDST: true },
      scheduleStatus: {
        last: '0001-01-01T00:00:00+00:00',
        lastUpdated: '0001-01-01T00:00:00+00:00',
        next: '2026-03-01T09:30:00+00:00',
      },
      isPastDue: false,
    },
  ]);
  await host.stop();
  await start(Date.parse('2026-03-01T10:00:00Z'), stateFolder);
  expect(namesOf('daily')).toEqual([]);
  await host.stop();
  await start(Date.parse('2026-03-03T08:00:00Z'), stateFolder);
  expect(namesOf('daily')[0]?.timer).toMatchObject({
    isPastDue: true,
    scheduleStatus: { last: '2026-03-01T09:30:00+00:00', next: '2026-03-02T09:30:00+00:00' },
  });
});

test('runOnStartup fires once a start', async () => {
  const clock = await start(Date.parse('2026-03-01T00:00:01Z'));
  await advance(clock, 30);
  expect(namesOf('first')).toHaveLength(1);
});

test.each([
  ['0 0 12 * * 1', '2026-03-01T12:00:01Z', '2026-03-02T12:00:00Z'],
  ['0 0 0 13 * 5', '2026-03-01T00:00:00Z', '2026-03-13T00:00:00Z'],
  ['0 */5 * * * *', '2026-03-01T00:02:00Z', '2026-03-01T00:05:00Z'],
  ['0 0 3 * JAN Mon', '2026-03-01T00:00:00Z', '2027-01-04T03:00:00Z'],
  ['30 59 23 31 12 *', '2026-03-01T00:00:00Z', '2026-12-31T23:59:30Z'],
])('%s is next due after %s at %s', (expression, after, next) => {
  expect(parseSchedule(expression).nextMs(Date.parse(after))).toBe(Date.parse(next));
});

test.each(['*/5 * * * *', '00:05:00', '0 0 0 L * *', '0 60 * * * *', '@daily', ''])('"%s" is refused', (expression) => {
  expect(() => parseSchedule(expression)).toThrow('is not NCRONTAB');
});
