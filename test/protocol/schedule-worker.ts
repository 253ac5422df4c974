/**
 * Runs schedules in a thread of its own, over the app's code as it is or with a guard left out. `workerData` is a
 * {@link ScheduleOrder}; the one message back is a {@link ScheduleReport}.
 */
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

import type { Patch } from './guards.ts';

/** Which schedules to run. */
export interface ScheduleOrder {
  readonly from: number;
  readonly to: number;
  /** Guards to leave out. */
  readonly patches: readonly Patch[];
}

/** What they showed. Running stops at the first violation. */
export interface ScheduleReport {
  readonly schedules: number;
  readonly steps: number;
  readonly runs: number;
  readonly failed?: { readonly seed: number; readonly violations: readonly string[] };
}

const { from, to, patches } = workerData as ScheduleOrder;
const unused = new Set(patches);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const mine = url.startsWith('file:') ? patches.filter(({ file }) => fileURLToPath(url).endsWith(`/${file}`)) : [];
    if (mine.length === 0 || loaded.source === undefined || loaded.source === null) return loaded;
    let source =
      typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
    for (const patch of mine) {
      if (source.split(patch.find).length !== 2)
        throw new Error(`The guard to leave out must stand in ${patch.file} exactly once: ${patch.find}`);
      source = source.replace(patch.find, () => patch.put);
      unused.delete(patch);
    }
    return { ...loaded, source };
  },
});

const { runSchedule } = await import('./run-schedule.ts');
if (unused.size > 0) throw new Error(`No such file was loaded: ${[...unused].map(({ file }) => file).join(', ')}`);

let report: ScheduleReport = { schedules: 0, steps: 0, runs: 0 };
for (let seed = from; seed < to && report.failed === undefined; seed += 1) {
  const { violations, steps, runs } = await runSchedule(seed);
  report = {
    schedules: report.schedules + 1,
    steps: report.steps + steps,
    runs: report.runs + runs,
    ...(violations.length === 0 ? {} : { failed: { seed, violations } }),
  };
}
parentPort?.postMessage(report);
