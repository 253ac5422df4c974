import { windowRow, windowTable, type DataWindow } from '#shared/contracts/records/data-window.ts';
import type { PipelineRecord } from '#shared/contracts/records/pipeline.ts';
import { windowInstanceId } from '#shared/domain/data-window/keys.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import { isoNow, type ProtocolDependencies } from './protocol-dependencies.ts';
import { newestWindows } from './window-store.ts';

/** Name of the orchestration of a data window. */
export const DATA_WINDOW = 'dataWindow';

/** How often a lost race is tried again. */
const ATTEMPTS = 50;

/**
 * Makes sure that an open data window knows that something happened. Write the arrival or request first: a window
 * reads what is pending only after it has closed, so whoever finds it open is seen by it.
 *
 * Cheap for bursts: an open window is written only if its last touch is older than a quarter of `settle`.
 *
 * @returns the generation that was touched
 * @source design §4.1
 */
export async function touch(
  deps: ProtocolDependencies,
  pipeline: Pick<PipelineRecord, 'name' | 'trigger'>,
): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const newest = (await newestWindows(deps, pipeline.name, 1))[0];
    if (newest?.window.state !== 'open') {
      const opened = await open(deps, pipeline.name, (newest?.window.generation ?? 0) + 1);
      if (opened !== undefined) return opened;
      continue;
    }
    const { window, etag } = newest;
    if (deps.clock.nowMs() - Date.parse(window.lastTouchAt) < pipeline.trigger.settleMs / 4) return window.generation;
    const next: DataWindow = { ...window, lastTouchAt: isoNow(deps) };
    const outcome = await deps.records.replace(
      windowTable,
      { partition: pipeline.name, row: windowRow(window.generation) },
      next,
      etag,
    );
    if (outcome.outcome === 'replaced') return window.generation;
  }
  throw new WhenceError('storage.unavailable', `The data windows of ${pipeline.name} change too often.`);
}

/** @returns the generation if it is mine and started, undefined if another one was faster */
async function open(deps: ProtocolDependencies, pipeline: string, generation: number): Promise<number | undefined> {
  const by = deps.ids.newId();
  const now = isoNow(deps);
  const window: DataWindow = {
    schemaVersion: 1,
    generation,
    state: 'open',
    by,
    openedAt: now,
    lastTouchAt: now,
    listings: [],
    requests: [],
  };
  const outcome = await deps.records.insert(windowTable, { partition: pipeline, row: windowRow(generation) }, window);
  // An insert may be reported as failed and have happened: the SDK tries again and finds its own row.
  if (outcome.outcome === 'exists' && outcome.record.value.by !== by) return undefined;
  await startWindow(deps, pipeline, generation);
  return generation;
}

/** Starts the orchestration of a window; `alive` means that it runs already. */
export async function startWindow(
  deps: Pick<ProtocolDependencies, 'client'>,
  pipeline: string,
  generation: number,
): Promise<void> {
  await deps.client.start(DATA_WINDOW, windowInstanceId(pipeline, generation), { pipeline, generation });
}
