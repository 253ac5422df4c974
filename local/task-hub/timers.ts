import type { HubClock } from './clock.ts';
import type { Instance } from './instance.ts';
import type { TimerRow } from './store.ts';

/** Most that a timer fires early, in milliseconds. @source local-runtime.md 4.2: 77 to 983 ms were measured */
const EARLIEST_MS = 1_000;

/** The durable timers that are set, in memory; their rows are in the store. They fire a little early, as in Azure. */
export class Timers {
  readonly #clock: HubClock;
  readonly #random: () => number;
  readonly #fired: (row: TimerRow) => void;
  readonly #set = new Map<number, { readonly row: TimerRow; readonly cancel: () => void }>();

  constructor(clock: HubClock, random: () => number, fired: (row: TimerRow) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#fired = fired;
  }

  arm(row: TimerRow): void {
    const earlyMs = Math.floor(this.#random() * EARLIEST_MS);
    const cancel = this.#clock.at(Math.max(row.fireMs - earlyMs, this.#clock.nowMs()), () => {
      this.#set.delete(row.rowId);
      this.#fired(row);
    });
    this.#set.set(row.rowId, { row, cancel });
  }

  /** @returns rows of the timers of a task, which no longer fire */
  cancelTask(instance: Instance, taskId: number): number[] {
    return this.#cancel(
      (row) => row.instanceId === instance.id && row.executionId === instance.executionId && row.taskId === taskId,
    );
  }

  cancelInstance(instanceId: string): void {
    this.#cancel((row) => row.instanceId === instanceId);
  }

  cancelAll(): void {
    this.#cancel(() => true);
  }

  #cancel(which: (row: TimerRow) => boolean): number[] {
    const canceled = [...this.#set.values()].filter(({ row }) => which(row));
    for (const { row, cancel } of canceled) {
      cancel();
      this.#set.delete(row.rowId);
    }
    return canceled.map(({ row }) => row.rowId);
  }
}
