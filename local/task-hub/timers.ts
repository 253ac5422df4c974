import type { HubClock } from './clock.ts';
import type { Instance } from './instance.ts';
import type { Timer } from './pending.ts';

/** Most that a timer fires early, in milliseconds. @source local-runtime.md 4.2: 77 to 983 ms were measured */
const EARLIEST_MS = 1_000;

/** The durable timers that are set, in memory. They fire a little early, as in Azure. */
export class Timers {
  readonly #clock: HubClock;
  readonly #random: () => number;
  readonly #fired: (timer: Timer) => void;
  readonly #set = new Map<Timer, () => void>();

  constructor(clock: HubClock, random: () => number, fired: (timer: Timer) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#fired = fired;
  }

  arm(timer: Timer): void {
    const earlyMs = Math.floor(this.#random() * EARLIEST_MS);
    const cancel = this.#clock.at(Math.max(timer.fireMs - earlyMs, this.#clock.nowMs()), () => {
      this.#set.delete(timer);
      this.#fired(timer);
    });
    this.#set.set(timer, cancel);
  }

  cancelTask(instance: Instance, taskId: number): void {
    this.#cancel(
      (timer) =>
        timer.instanceId === instance.id && timer.executionId === instance.executionId && timer.taskId === taskId,
    );
  }

  cancelInstance(instanceId: string): void {
    this.#cancel((timer) => timer.instanceId === instanceId);
  }

  cancelAll(): void {
    this.#cancel(() => true);
  }

  #cancel(which: (timer: Timer) => boolean): void {
    for (const [timer, cancel] of this.#set) {
      if (!which(timer)) continue;
      cancel();
      this.#set.delete(timer);
    }
  }
}
