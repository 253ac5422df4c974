import type { WindowReference } from '#shared/contracts/activities/data-window/window-activities.ts';
import { claimRecord, claimTable, type ClaimRecord } from '#shared/contracts/records/claim.ts';
import { storedArrivalSet, storedListing, type DataWindow } from '#shared/contracts/records/data-window.ts';
import { judgeArrival } from '#shared/domain/data-window/judge-arrival.ts';
import { runIdOf, runKeyOf } from '#shared/domain/data-window/keys.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import { inParallel } from '../../in-parallel.ts';
import { requirePipeline } from '../../pipelines/pipeline-store.ts';
import { judge, openRequests, resolveRequest } from './pending.ts';
import { isoNow, type ProtocolDependencies } from './protocol-dependencies.ts';
import { readManifest } from './read-manifest.ts';
import { releaseSlot } from './slot.ts';
import { startRun } from './start-run.ts';
import { readStateFile } from '../../state-files.ts';
import { touch } from './touch.ts';
import { wakeWaitingWindow } from './wake.ts';
import { changeWindow, requireWindow } from './window-store.ts';

/** Arrivals judged at a time. */
const PARALLEL = 8;

/**
 * The end of a window: arrivals get their outcomes, the pinned key is claimed and its run started, or requests learn
 * that nothing changed. Every part may be repeated.
 *
 * @source design §4.6 and §4.7
 */
export async function finishWindowActivity(
  deps: ProtocolDependencies,
  { pipeline, generation }: WindowReference,
): Promise<{ outcome: 'done' }> {
  const { window } = await requireWindow(deps, pipeline, generation);
  if (window.state === 'done') return { outcome: 'done' };
  await judgeArrivals(deps, pipeline, window);
  const { runKey } = window;
  if (runKey === undefined) {
    for (const requestId of window.requests)
      await resolveRequest(deps, pipeline, requestId, { resolution: 'no-change', generation });
    await finish(deps, pipeline, generation);
    await releaseSlot(deps, pipeline, generation, undefined);
    await wakeWaitingWindow(deps, pipeline);
    return { outcome: 'done' };
  }
  // Before the claim: once it is there the reconciler may start the run, and after that run the next window must not
  // find the same requests open.
  const runId = runIdOf(pipeline, runKey);
  for (const requestId of window.requests)
    await resolveRequest(deps, pipeline, requestId, { resolution: 'run', generation, runId });
  await claim(deps, pipeline, window, runKey);
  await startRun(deps, pipeline, window);
  // Others wait for a run of their own: touch before this window is done, so that the next one is there.
  if ((await openRequests(deps, pipeline)).length > 0)
    await touch(deps, (await requirePipeline(deps.records, pipeline)).record);
  await finish(deps, pipeline, generation);
  return { outcome: 'done' };
}

async function finish(deps: ProtocolDependencies, pipeline: string, generation: number): Promise<void> {
  await changeWindow(deps, pipeline, generation, (now) =>
    now.state === 'done' ? undefined : { ...now, state: 'done', doneAt: isoNow(deps) },
  );
}

async function judgeArrivals(deps: ProtocolDependencies, pipeline: string, window: DataWindow): Promise<void> {
  const { arrivalSet, manifestNumber, generation } = window;
  const listing = window.listings.at(-1);
  if (arrivalSet === undefined || listing === undefined || manifestNumber === undefined)
    throw new WhenceError('core.internal', `Data window ${generation} of ${pipeline} is sealed and not pinned.`);
  const { arrivals } = await readStateFile(deps, arrivalSet, storedArrivalSet);
  if (arrivals.length === 0) return;
  const { blobs } = await readStateFile(deps, listing, storedListing);
  const manifest = await readManifest(deps, pipeline, manifestNumber);
  const etags = new Map(blobs.map((blob) => [blob.path, blob.etag]));
  const contents = {
    sealed: new Map(manifest.locators.map((one) => [one.path, one.etag])),
    rejected: new Map(
      manifest.leftOut.flatMap((one) =>
        one.sha256 === undefined ? [] : [[one.path, etags.get(one.path) ?? ''] as const],
      ),
    ),
    listed: new Set(blobs.map((blob) => blob.path)),
  };
  await inParallel(PARALLEL, arrivals, async ({ path, etag }) => {
    const outcome = judgeArrival(path, etag, contents);
    await judge(deps, pipeline, {
      schemaVersion: 1,
      path,
      etag,
      seenAt: isoNow(deps),
      outcome,
      generation,
      manifestNumber,
      judgedAt: isoNow(deps),
    });
  });
}

/** Insert if absent; found with this generation it is mine. */
async function claim(deps: ProtocolDependencies, pipeline: string, window: DataWindow, runKey: string): Promise<void> {
  const { generation, manifestNumber, manifestDigest, pipelineVersion } = window;
  if (manifestNumber === undefined || manifestDigest === undefined || pipelineVersion === undefined)
    throw new WhenceError('core.internal', `Data window ${generation} of ${pipeline} has no manifest to claim for.`);
  const row: ClaimRecord = {
    schemaVersion: 1,
    state: 'claimed',
    pipeline,
    generation,
    manifestNumber,
    runId: runIdOf(pipeline, runKey),
    contentKey: runKeyOf({ pipelineVersion, manifestDigest, occasion: '' }),
  };
  const outcome = await deps.records.insert(claimTable.table, { partition: claimTable.partition, row: runKey }, row);
  const stored = claimRecord.parse(outcome.record.value);
  if (stored.generation !== generation)
    throw new WhenceError(
      'core.internal',
      `The run key of data window ${generation} of ${pipeline} was claimed by window ${stored.generation}.`,
    );
}
