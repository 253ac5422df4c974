import { Cron } from 'croner';

/** When a timer is due. */
export interface Schedule {
  readonly expression: string;
  /** Whether the host keeps its status: only where it fires once a minute or less often. @source Microsoft Learn, timer trigger, `useMonitor` */
  readonly isMonitored: boolean;
  /** @returns the first due time after `afterMs`, or undefined where there is none */
  nextMs(afterMs: number): number | undefined;
}

const MINUTE_MS = 60_000;

/**
 * Reads an NCRONTAB expression: six fields, seconds first, UTC. A day must match both the day of the month and the day
 * of the week.
 *
 * @throws {Error} it is not NCRONTAB
 * @source Microsoft Learn, "NCRONTAB expressions"; github.com/atifaziz/NCrontab
 */
export function parseSchedule(expression: string): Schedule {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 6)
    throw new Error(`"${expression}" is not NCRONTAB: it has ${fields.length} fields and not six, seconds first.`);
  if (!fields.every(isField))
    throw new Error(`"${expression}" is not NCRONTAB: digits, names and * , - / are all it knows.`);
  const cron = toCron(expression);
  const nextMs = (afterMs: number): number | undefined => cron.nextRun(new Date(afterMs))?.getTime();
  const first = nextMs(0);
  const second = first === undefined ? undefined : nextMs(first);
  return {
    expression,
    nextMs,
    isMonitored: first === undefined || second === undefined || second - first >= MINUTE_MS,
  };
}

const names = new Set('JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC SUN MON TUE WED THU FRI SAT'.split(' '));

function isField(field: string): boolean {
  const words = field.match(/[A-Za-z]+/g) ?? [];
  return /^[\dA-Za-z*,/-]+$/.test(field) && words.every((word) => names.has(word.toUpperCase()));
}

function toCron(expression: string): Cron {
  try {
    return new Cron(expression, { paused: true, timezone: 'Etc/UTC', mode: '6-part', domAndDow: true });
  } catch (error) {
    throw new Error(`"${expression}" is not NCRONTAB: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
