import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** How long Azurite may take to stop by itself. */
const STOP_MS = 10_000;
/** Pause between two looks. */
const LOOK_MS = 50;

/**
 * The file that names the process of a runtime's Azurite while it runs.
 *
 * @param folder - the state folder
 */
export function pidFileOf(folder: string): string {
  return join(folder, 'azurite', 'pid');
}

/**
 * Ends the Azurite that a killed runtime left behind. Only the holder of the instance lock may call it.
 *
 * @param folder - the state folder
 * @returns the process that was ended; undefined if there was none
 */
export async function endOrphan(folder: string): Promise<number | undefined> {
  const pidFile = pidFileOf(folder);
  if (!existsSync(pidFile)) return undefined;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  const isLeft = isAzurite(pid);
  if (isLeft) await endProcess(pid);
  rmSync(pidFile, { force: true });
  return isLeft ? pid : undefined;
}

/**
 * Ends a process: asks first, kills it if it does not answer.
 *
 * @param pid - its id; nothing happens if it is gone
 */
export async function endProcess(pid: number): Promise<void> {
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGTERM');
  const endMs = Date.now() + STOP_MS;
  while (isAlive(pid) && Date.now() < endMs) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}

/** Process ids are used again: only a process that is an Azurite of ours is ended. */
function isAzurite(pid: number): boolean {
  return Number.isInteger(pid) && pid > 0 && commandLine(pid).includes('azurite-process.mjs');
}

/** @returns the command line of a process; empty where there is none, or the system does not say */
function commandLine(pid: number): string {
  try {
    return existsSync('/proc/self/cmdline')
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      : execFileSync('ps', ['-p', String(pid), '-o', 'args='], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        });
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
