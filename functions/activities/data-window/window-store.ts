import { dataWindow, windowRow, windowTable, type DataWindow } from '#shared/contracts/records/data-window.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import type { ProtocolDependencies } from './protocol-dependencies.ts';

/** How often a lost race for a row is tried again; a window has few writers. */
const ATTEMPTS = 50;

/** A window as read. */
export interface ReadWindow {
  readonly window: DataWindow;
  readonly etag: string;
}

type Records = Pick<ProtocolDependencies, 'records'>;

/** @returns a window, or undefined */
export async function findWindow(deps: Records, pipeline: string, generation: number): Promise<ReadWindow | undefined> {
  const record = await deps.records.get(windowTable, { partition: pipeline, row: windowRow(generation) });
  return record === undefined ? undefined : { window: dataWindow.parse(record.value), etag: record.etag };
}

/** @returns a window that must be there */
export async function requireWindow(deps: Records, pipeline: string, generation: number): Promise<ReadWindow> {
  const found = await findWindow(deps, pipeline, generation);
  if (found === undefined)
    throw new WhenceError('core.internal', `Pipeline ${pipeline} has no data window ${generation}.`);
  return found;
}

/** @returns windows, newest first */
export async function newestWindows(deps: Records, pipeline: string, limit: number): Promise<readonly ReadWindow[]> {
  const page = await deps.records.query(windowTable, pipeline, { limit });
  return page.records.map((record) => ({ window: dataWindow.parse(record.value), etag: record.etag }));
}

/**
 * Changes a window on what was read, again until it holds.
 *
 * @param change - pure; returns undefined to leave the row as it is
 * @returns the window after it
 */
export async function changeWindow(
  deps: Records,
  pipeline: string,
  generation: number,
  change: (window: DataWindow) => DataWindow | undefined,
): Promise<DataWindow> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { window, etag } = await requireWindow(deps, pipeline, generation);
    const next = change(window);
    if (next === undefined) return window;
    const outcome = await deps.records.replace(
      windowTable,
      { partition: pipeline, row: windowRow(generation) },
      next,
      etag,
    );
    if (outcome.outcome === 'replaced') return next;
  }
  throw new WhenceError('storage.unavailable', `Data window ${generation} of ${pipeline} changes too often.`);
}
