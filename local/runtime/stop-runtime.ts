import { resolve } from 'node:path';

import { isLocked, lockOwner } from './instance-lock.ts';

/** Longest wait for a runtime to stop by itself: what runs is waited for. */
const STOP_MS = 60_000;
/** Pause between two looks. */
const LOOK_MS = 100;

/** What became of a request to stop. */
export type StopOutcome =
  | { readonly outcome: 'stopped'; readonly pid: number }
  | { readonly outcome: 'not-running' }
  | { readonly outcome: 'still-running'; readonly pid: number };

/**
 * Stops the runtime of a state folder, whichever process it is in, and waits for it.
 *
 * @param stateFolder - the folder, for example `.whence`
 * @param timeoutMs - longest wait
 */
export async function stopRuntime(stateFolder: string, timeoutMs = STOP_MS): Promise<StopOutcome> {
  const folder = resolve(stateFolder);
  if (!isLocked(folder)) return { outcome: 'not-running' };
  const owner = lockOwner(folder);
  if (owner === undefined)
    throw new Error(`A process uses ${folder}, but has not written down which one; try again in a moment.`);
  process.kill(owner.pid, 'SIGTERM');
  const endMs = Date.now() + timeoutMs;
  while (isLocked(folder)) {
    if (Date.now() > endMs) return { outcome: 'still-running', pid: owner.pid };
    await new Promise((wake) => setTimeout(wake, LOOK_MS));
  }
  return { outcome: 'stopped', pid: owner.pid };
}
