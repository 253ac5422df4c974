/** Process groups of jobs and scoring servers: found again after a crash, and ended as a whole. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** A process, so that another one with the same id is not taken for it. */
export interface KnownProcess {
  readonly pid: number;
  /** As {@link startTimeOf} tells it. */
  readonly startTime: string;
}

/** Pause between looks. */
const LOOK_MS = 50;
/** Time between asking a process group to end and killing it. */
const GRACE_MS = 3_000;
/** Time that killed processes may take to vanish. */
const VANISH_MS = 1_000;

/**
 * When a process started, as Linux tells it: a process id alone may have been used again.
 *
 * @returns empty where there is no such process, or only its remains
 * @source proc(5): fields 3 (state) and 22 (starttime) of /proc/[pid]/stat
 */
export function startTimeOf(pid: number): string {
  if (!answers(pid)) return '';
  const file = `/proc/${pid}/stat`;
  if (!existsSync('/proc/self/stat')) return 'alive';
  if (!existsSync(file)) return '';
  const stat = readFileSync(file, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : (fields[19] ?? '');
}

/** @returns whether it is still that very process */
export function isRunning({ pid, startTime }: KnownProcess): boolean {
  return startTime !== '' && startTimeOf(pid) === startTime;
}

/** Resolves when the process has ended. */
export async function ended(known: KnownProcess): Promise<void> {
  while (isRunning(known)) await pause(LOOK_MS);
}

/**
 * Ends a process group: politely, then for sure.
 *
 * @param leader - id of the process that leads the group
 */
export async function endGroup(leader: number): Promise<void> {
  signal(-leader, 'SIGTERM');
  if (await vanished(leader, GRACE_MS)) return;
  signal(-leader, 'SIGKILL');
  await vanished(leader, VANISH_MS);
}

async function vanished(leader: number, limitMs: number): Promise<boolean> {
  const endMs = performance.now() + limitMs;
  while (answers(-leader)) {
    if (performance.now() > endMs) return false;
    await pause(LOOK_MS);
  }
  return true;
}

/** @param target - id of a process; with a minus before it, of a group */
function answers(target: number): boolean {
  return signal(target, 0);
}

/** @returns whether anybody was there */
function signal(target: number, name: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  try {
    return process.kill(target, name);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ESRCH') return false;
    // Somebody else's process: it is there.
    if (code === 'EPERM') return true;
    throw error;
  }
}
