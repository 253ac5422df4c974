/**
 * Timer triggers: NCRONTAB, the payload as the host sends it, and a run at once where one was missed.
 *
 * @source local-runtime.md §2.5; Azure/azure-webjobs-sdk-extensions, TimerListener
 */
import type { HubClock } from '../task-hub/clock.ts';
import type { RpcTypedData } from '../worker/rpc.ts';
import type { RegisteredFunction } from '../worker/worker.ts';
import { resolveSetting, type Settings } from './resolve-setting.ts';
import { parseSchedule, type Schedule } from './schedule.ts';
import type { TimerStatus, TimerStatuses } from './timer-status.ts';

/** What a timer trigger needs. */
export interface TimerTriggerOptions {
  readonly fn: RegisteredFunction;
  readonly schedule: Schedule;
  readonly statuses: TimerStatuses;
  readonly clock: HubClock;
  /** Runs the function; never rejects. */
  readonly invoke: (data: RpcTypedData) => Promise<unknown>;
}

/** A running timer. */
export interface TimerTrigger {
  /** Fires no more, and waits for what runs. */
  stop(): Promise<void>;
}

/**
 * Reads the schedule of a timer function.
 *
 * @throws {Error} it is not NCRONTAB, or names a setting that isn't there; in Azure the function would be disabled
 */
export function scheduleOf(fn: RegisteredFunction, settings: Settings): Schedule {
  const where = `Function "${fn.name}"`;
  const { schedule } = fn.trigger;
  if (typeof schedule !== 'string') throw new Error(`${where} has no schedule.`);
  try {
    return parseSchedule(resolveSetting(schedule, settings, where));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(message.startsWith(where) ? message : `${where}: ${message}`, { cause: error });
  }
}

/** Starts a timer. Its runs never overlap; what is due while one runs is left out. */
export function startTimerTrigger(options: TimerTriggerOptions): TimerTrigger {
  return new Timer(options).start();
}

class Timer {
  readonly #options: TimerTriggerOptions;
  readonly #isMonitored: boolean;
  #running: Promise<void> = Promise.resolve();
  #cancel = (): void => undefined;
  #isStopped = false;
  /** The last due time; a timer of Node may fire a moment early. */
  #dueMs = 0;

  constructor(options: TimerTriggerOptions) {
    this.#options = options;
    this.#isMonitored = options.schedule.isMonitored && options.fn.trigger['useMonitor'] !== false;
  }

  start(): TimerTrigger {
    const isPastDue = this.#isPastDue();
    if (isPastDue || this.#options.fn.trigger['runOnStartup'] === true) this.#run(isPastDue);
    else this.#plan();
    return {
      stop: async () => {
        this.#isStopped = true;
        this.#cancel();
        await this.#running;
      },
    };
  }

  /** Whether a run was missed while the host was down. A timer's first start only writes when it is due. */
  #isPastDue(): boolean {
    const { clock, fn, statuses } = this.#options;
    if (!this.#isMonitored) return false;
    const known = statuses.read(fn.name);
    if (known !== undefined) return known.nextMs <= clock.nowMs();
    this.#remember(undefined);
    return false;
  }

  #plan(): void {
    const { clock, schedule } = this.#options;
    const nextMs = schedule.nextMs(Math.max(clock.nowMs(), this.#dueMs));
    if (nextMs === undefined || this.#isStopped) return;
    this.#dueMs = nextMs;
    this.#cancel = clock.at(nextMs, () => this.#run(false));
  }

  #run(isPastDue: boolean): void {
    const { clock, fn, invoke, statuses } = this.#options;
    const status = this.#isMonitored ? statuses.read(fn.name) : undefined;
    const payload = {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: status === undefined ? null : statusPayload(status),
      IsPastDue: isPastDue,
    };
    const startedMs = clock.nowMs();
    this.#running = invoke({ json: JSON.stringify(payload) }).then(() => {
      if (this.#isMonitored) this.#remember(startedMs);
      this.#plan();
    });
  }

  #remember(lastMs: number | undefined): void {
    const { clock, fn, schedule, statuses } = this.#options;
    const nextMs = schedule.nextMs(Math.max(clock.nowMs(), this.#dueMs));
    if (nextMs === undefined) return;
    statuses.write(fn.name, lastMs === undefined ? { nextMs } : { lastMs, lastUpdatedMs: clock.nowMs(), nextMs });
  }
}

function statusPayload({ lastMs, lastUpdatedMs, nextMs }: TimerStatus): Record<string, string> {
  return { Last: stamp(lastMs), LastUpdated: stamp(lastUpdatedMs), Next: stamp(nextMs) };
}

/** As .NET writes a time with an offset; "never" is its smallest time. */
function stamp(atMs: number | undefined): string {
  return atMs === undefined
    ? '0001-01-01T00:00:00+00:00'
    : new Date(atMs).toISOString().replace(/(?:\.000)?Z$/, '+00:00');
}
