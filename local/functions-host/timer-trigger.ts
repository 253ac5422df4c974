/**
 * Timer triggers: NCRONTAB with six fields, the payload as the host sends it.
 *
 * @source local-runtime.md §2.5
 */
import { Cron } from 'croner';

import type { RpcTypedData } from '../worker/rpc.ts';
import type { RegisteredFunction } from '../worker/worker.ts';

/** What a timer trigger needs. */
export interface TimerTriggerOptions {
  readonly fn: RegisteredFunction;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Runs the function; never rejects. */
  readonly invoke: (data: RpcTypedData) => Promise<void>;
  readonly now?: () => Date;
}

/** A running timer. */
export interface TimerTrigger {
  readonly schedule: string;
  /** Fires now, as if it were due. */
  fire(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a timer. Invocations of one timer never overlap, as in Azure.
 *
 * @throws {Error} the schedule is not NCRONTAB, or names a setting that isn't there
 */
export function startTimerTrigger({ fn, env, invoke, now = () => new Date() }: TimerTriggerOptions): TimerTrigger {
  const schedule = resolveSetting(String(fn.trigger['schedule'] ?? ''), env);
  if (schedule.trim().split(/\s+/).length !== 6) throw new Error(`Function "${fn.name}": "${schedule}" is not NCRONTAB with six fields.`);
  let running: Promise<void> = Promise.resolve();
  let last: Date | undefined;
  const fire = (): Promise<void> => {
    running = running.then(async () => {
      const next = cron.nextRun();
      const status = { Last: stamp(last), LastUpdated: stamp(last), Next: stamp(next ?? undefined) };
      await invoke({ json: JSON.stringify({ Schedule: { AdjustForDST: true }, ScheduleStatus: last === undefined && fn.trigger['useMonitor'] === false ? null : status, IsPastDue: false }) });
      last = now();
    });
    return running;
  };
  const cron = new Cron(schedule, { paused: false, protect: true, timezone: 'Etc/UTC' }, fire);
  if (fn.trigger['runOnStartup'] === true) void fire();
  return {
    schedule,
    fire,
    async stop() {
      cron.stop();
      await running;
    },
  };
}

/** `%NAME%` stands for the setting of that name. */
export function resolveSetting(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(/%(\w+)%/g, (_match, name: string) => {
    const value = env[name];
    if (value === undefined) throw new Error(`The setting %${name}% is not set.`);
    return value;
  });
}

function stamp(date: Date | undefined): string {
  return date === undefined ? '0001-01-01T00:00:00+00:00' : date.toISOString().replace('Z', '+00:00');
}
