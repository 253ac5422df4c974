import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { endOrphan, pidFileOf } from '../azurite/orphan.ts';
import { isLocked, lockOwner, takeInstanceLock } from './instance-lock.ts';

/** Longest wait for a runtime to stop by itself: what runs is waited for. */
const STOP_MS = 60_000;
/** Pause between two looks. */
const LOOK_MS = 100;

/** What became of a request to stop. */
export type StopOutcome =
  | { readonly outcome: 'stopped'; readonly pid: number }
  | { readonly outcome: 'not-running' }
  /** The runtime was gone, but not its Azurite, which is now. */
  | { readonly outcome: 'leftover-stopped'; readonly pid: number }
  | { readonly outcome: 'still-running'; readonly pid: number };

/**
 * Stops the runtime of a state folder, whichever process it is in, and waits for it.
 *
 * @param stateFolder - the folder, for example `.whence`
 * @param timeoutMs - longest wait
 */
export async function stopRuntime(stateFolder: string, timeoutMs = STOP_MS): Promise<StopOutcome> {
  const folder = resolve(stateFolder);
  if (!isLocked(folder)) return stopLeftover(folder);
  const owner = lockOwner(folder);
  if (owner === undefined)
    throw new Error(`A process uses ${folder}, but has not written down which one; try again in a moment.`);
  process.kill(owner.pid, 'SIGTERM');
  const isGone = await waitUntil(() => !isLocked(folder), timeoutMs);
  return { outcome: isGone ? 'stopped' : 'still-running', pid: owner.pid };
}

/** Ends the Azurite of a runtime that was killed. Nobody can start another one meanwhile, since the lock is held. */
async function stopLeftover(folder: string): Promise<StopOutcome> {
  if (!existsSync(pidFileOf(folder))) return { outcome: 'not-running' };
  const lock = takeInstanceLock(folder);
  if (lock === undefined) return { outcome: 'not-running' };
  try {
    const pid = await endOrphan(folder);
    return pid === undefined ? { outcome: 'not-running' } : { outcome: 'leftover-stopped', pid };
  } finally {
    lock.release();
  }
}

async function waitUntil(isSo: () => boolean, timeoutMs: number): Promise<boolean> {
  const endMs = Date.now() + timeoutMs;
  while (!isSo()) {
    if (Date.now() > endMs) return false;
    await new Promise((wake) => setTimeout(wake, LOOK_MS));
  }
  return true;
}
