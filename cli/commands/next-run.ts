/** Which run `whence run watch` follows where nobody names one: the newest, or the one that data is collected for. */
import { setTimeout as sleep } from 'node:timers/promises';

import { dataRoutes } from '#shared/contracts/api/data-routes.ts';
import { pipelineRoutes } from '#shared/contracts/api/pipeline-routes.ts';
import { runRoutes } from '#shared/contracts/api/run-routes.ts';
import type { PipelineRecord } from '#shared/contracts/records/pipeline.ts';
import type { RunIndexEntry } from '#shared/contracts/records/run.ts';

import { CliError } from '../cli-error.ts';
import type { ApiClient } from '../client/api-client.ts';

/** Between two looks. */
const LOOK_MS = 1_000;
/** Looks for the first window of data that has just landed: its event takes a moment. */
const LOOKS_FOR_WINDOW = 8;

/** Windows that are looked through for one that is awaited: newer ones may have opened since. */
const NEWEST_WINDOWS = 20;

/** A data window that a run may come of. */
export interface WaitingWindow {
  readonly pipeline: string;
  readonly window: number;
  readonly state: string;
  readonly paused: boolean;
  /** How it ended without a run. */
  readonly outcome?: string;
}

/**
 * @param pipeline - of this one; of any by default
 * @param onWaiting - told of a window that is awaited, and where it ends without a run
 * @returns the id of the run to follow: of a window that has none yet, else the newest
 * @throws {CliError} there is neither
 */
export async function nextRun(
  api: ApiClient,
  pipeline: string | undefined,
  onWaiting: (waiting: WaitingWindow) => void,
): Promise<string> {
  for (let looks = 1; ; looks += 1) {
    const newest = await findNewestRun(api, pipeline);
    if (newest?.status === 'running') return newest.runId;
    const waiting = await findWaiting(api, pipeline);
    if (waiting !== undefined) {
      onWaiting(waiting);
      const run = await runOf(api, waiting, onWaiting);
      if (run !== undefined) return run;
    }
    if (newest !== undefined) return newest.runId;
    if (looks === LOOKS_FOR_WINDOW) throw noRun();
    await sleep(LOOK_MS);
  }
}

/** Waits for the run of a window; undefined: it ended without one. */
async function runOf(
  api: ApiClient,
  waiting: WaitingWindow,
  onWaiting: (waiting: WaitingWindow) => void,
): Promise<string | undefined> {
  const { pipeline, window } = waiting;
  for (;;) {
    const newest = await findNewestRun(api, pipeline);
    if (newest !== undefined && newest.generation >= window) return newest.runId;
    const { items } = await api.call(dataRoutes.listWindows, {
      params: { pipeline },
      query: { limit: NEWEST_WINDOWS },
    });
    const now = items.find((one) => one.generation === window);
    if (now?.outcome !== undefined && now.outcome !== 'run') {
      onWaiting({ ...waiting, state: now.state, outcome: now.outcome });
      return undefined;
    }
    await sleep(LOOK_MS);
  }
}

/** The newest window of a pipeline that has no run yet. A paused pipeline counts only where it has never run. */
async function findWaiting(api: ApiClient, pipeline: string | undefined): Promise<WaitingWindow | undefined> {
  const pipelines: readonly Pick<PipelineRecord, 'name' | 'paused'>[] =
    pipeline === undefined
      ? (await api.call(pipelineRoutes.listPipelines, {})).items
      : [await api.call(pipelineRoutes.showPipeline, { params: { pipeline } })];
  for (const { name, paused } of pipelines) {
    const { items } = await api.call(dataRoutes.listWindows, { params: { pipeline: name }, query: { limit: 1 } });
    const [window] = items;
    if (window === undefined || window.state === 'done') continue;
    const run = await findNewestRun(api, name);
    if (run !== undefined && (paused || run.generation >= window.generation)) continue;
    return { pipeline: name, window: window.generation, state: window.state, paused };
  }
  return undefined;
}

/** @returns the newest run of a pipeline, or of all */
export async function findNewestRun(api: ApiClient, pipeline: string | undefined): Promise<RunIndexEntry | undefined> {
  const query = { limit: 1, ...(pipeline === undefined ? {} : { pipeline }) };
  return (await api.call(runRoutes.listRuns, { query })).items[0];
}

/** @returns the error of a command that needs a run */
export function noRun(): CliError {
  return new CliError(
    'There is no run yet.',
    'Upload data that a pipeline waits for (on the laptop `whence data land`), or ask for a run with `whence run start <pipeline>`.',
  );
}
