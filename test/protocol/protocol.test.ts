import { describe, expect, test } from 'vitest';

import { guards } from './guards.ts';
import { runSchedule } from './run-schedule.ts';
import { runSchedules, runSchedulesEverywhere } from './run-in-threads.ts';

/** Schedules of one suite. @source issue 3: at least 10,000 */
const SCHEDULES = 10_000;
/** Schedules within which a missing guard must show; most show in the first few. */
const UNTIL_CAUGHT = 20_000;

describe('the protocol from arrival to run', { timeout: 600_000 }, () => {
  test(`keeps its rules in ${SCHEDULES} schedules of crashes, repeats, lost answers and lost events`, async () => {
    const reports = await runSchedulesEverywhere(1, SCHEDULES + 1);
    // A seed that failed: `node test/protocol/trace-schedule.ts SEED` shows every step of it.
    expect(reports.flatMap(({ failed }) => failed ?? [])).toEqual([]);
    expect(reports.reduce((sum, report) => sum + report.schedules, 0)).toBe(SCHEDULES);
    expect(reports.reduce((sum, report) => sum + report.runs, 0)).toBeGreaterThan(SCHEDULES);
  });

  test.each([7, 77, 777])('seed %i gives the same schedule again', async (seed) => {
    const traces = [[], []] as [string[], string[]];
    for (const trace of traces) await runSchedule(seed, (line) => trace.push(line));
    expect(traces[0].length).toBeGreaterThan(50);
    expect(traces[1]).toEqual(traces[0]);
  });

  describe.concurrent('misses every guard that is left out:', () => {
    test.each(guards)('$name', async ({ patches }) => {
      const { failed } = await runSchedules(1, UNTIL_CAUGHT, patches);
      expect(failed?.violations[0]).toBeTypeOf('string');
    });
  });
});
