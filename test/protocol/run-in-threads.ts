import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import type { Patch } from './guards.ts';
import type { ScheduleOrder, ScheduleReport } from './schedule-worker.ts';

const script = new URL('./schedule-worker.ts', import.meta.url);

/**
 * Runs the schedules of the seeds `from <= seed < to`, in a thread.
 *
 * @param patches - guards to leave out
 * @throws what the thread could not do
 */
export function runSchedules(from: number, to: number, patches: readonly Patch[] = []): Promise<ScheduleReport> {
  return new Promise((resolve, reject) => {
    const order: ScheduleOrder = { from, to, patches };
    const worker = new Worker(script, { workerData: order });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`The thread ended with ${code} and no report.`)));
  });
}

/** As {@link runSchedules}, on all processors. @returns one report a processor */
export function runSchedulesEverywhere(from: number, to: number): Promise<ScheduleReport[]> {
  const width = availableParallelism();
  const share = Math.ceil((to - from) / width);
  return Promise.all(
    Array.from({ length: width }, (_, at) => runSchedules(from + at * share, Math.min(to, from + (at + 1) * share))),
  );
}
