import type { DataWindow } from '#shared/contracts/records/data-window.ts';
import { storedListing } from '#shared/contracts/records/data-window.ts';
import { claimTable, type ClaimRecord } from '#shared/contracts/records/claim.ts';
import { manifestRecord, manifestRow, manifestTable } from '#shared/contracts/records/manifest.ts';
import type { PipelineRecord } from '#shared/contracts/records/pipeline.ts';
import { windowInstanceId } from '#shared/domain/data-window/keys.ts';
import { digestOf } from '#shared/domain/digest.ts';
import { endedInstanceStatuses } from '#shared/ports/orchestration-client.ts';

import { findClaim, type ReadClaim } from '../activities/data-window/claim-run.ts';
import { free } from '../activities/data-window/end-claim.ts';
import { hashListing } from '../activities/data-window/hash-listing.ts';
import { listLanding, type Listing } from '../activities/data-window/list-landing.ts';
import { openArrivals, openRequests } from '../activities/data-window/pending.ts';
import type { ProtocolDependencies } from '../activities/data-window/protocol-dependencies.ts';
import { readSlot, releaseSlot } from '../activities/data-window/slot.ts';
import { startRun } from '../activities/data-window/start-run.ts';
import { readStateFile } from '../state-files.ts';
import { startWindow, touch } from '../activities/data-window/touch.ts';
import { wakeWaitingWindow } from '../activities/data-window/wake.ts';
import { findWindow, newestWindows } from '../activities/data-window/window-store.ts';

/** What the reconciler did for a pipeline, for the log. */
export interface Repairs {
  readonly touched: string | undefined;
  readonly restarted: readonly number[];
  /** What it did about the slot. */
  readonly slot: 'run-started' | 'run-lost' | 'freed' | undefined;
}

/** Windows looked at: those that are not done are among the newest few. */
const WINDOWS = 20;

/**
 * Compares what should be with what is, for one pipeline, without any event. What has ended is told by rows, never by
 * an instance alone: the claim is read first, the instance second; the record ends first, the slot is freed second.
 *
 * @source design §4.8
 */
export async function reconcilePipeline(
  deps: ProtocolDependencies,
  pipeline: PipelineRecord,
  closeRun: (runId: string) => Promise<void> = async () => undefined,
): Promise<Repairs> {
  const restarted = await restartWindows(deps, pipeline.name);
  const slot = await reconcileSlot(deps, pipeline.name, closeRun);
  const reason = pipeline.paused ? undefined : await whyTouch(deps, pipeline);
  if (reason !== undefined) await touch(deps, pipeline);
  return { touched: reason, restarted, slot };
}

async function restartWindows(deps: ProtocolDependencies, pipeline: string): Promise<number[]> {
  const restarted: number[] = [];
  for (const { window } of await newestWindows(deps, pipeline, WINDOWS)) {
    if (window.state === 'done') continue;
    const status = await deps.client.status(windowInstanceId(pipeline, window.generation));
    if (!endedInstanceStatuses.has(status)) continue;
    await startWindow(deps, pipeline, window.generation);
    restarted.push(window.generation);
  }
  return restarted;
}

async function reconcileSlot(
  deps: ProtocolDependencies,
  pipeline: string,
  closeRun: (runId: string) => Promise<void>,
): Promise<Repairs['slot']> {
  const { owner } = await readSlot(deps, pipeline);
  if (owner === undefined) return undefined;
  const window = (await findWindow(deps, pipeline, owner))?.window;
  if (window === undefined) return undefined;
  const found = window.runKey === undefined ? undefined : await findClaim(deps, window.runKey);
  if (window.runKey === undefined || found === undefined || found.claim.generation !== owner)
    return freeWithoutClaim(deps, pipeline, window);
  return reconcileClaim(deps, pipeline, window, window.runKey, found, closeRun);
}

/** A window that is done without a claim needs the slot no more; one that is not done goes on and keeps it. */
async function freeWithoutClaim(
  deps: ProtocolDependencies,
  pipeline: string,
  window: DataWindow,
): Promise<Repairs['slot']> {
  if (window.state !== 'done') return undefined;
  await releaseSlot(deps, pipeline, window.generation, undefined);
  await wakeWaitingWindow(deps, pipeline);
  return 'freed';
}

async function reconcileClaim(
  deps: ProtocolDependencies,
  pipeline: string,
  window: DataWindow,
  runKey: string,
  { claim, etag }: ReadClaim,
  closeRun: (runId: string) => Promise<void>,
): Promise<Repairs['slot']> {
  switch (claim.state) {
    case 'claimed': {
      const status = await deps.client.status(claim.runId);
      if (!endedInstanceStatuses.has(status)) return undefined;
      await startRun(deps, pipeline, window);
      return 'run-started';
    }
    case 'running': {
      const status = await deps.client.status(claim.runId);
      if (!endedInstanceStatuses.has(status)) return undefined;
      const ended: Extract<ClaimRecord, { state: 'ended' }> = {
        ...claim,
        state: 'ended',
        status: 'failed',
        rejectedData: false,
      };
      const outcome = await deps.records.replace(
        claimTable.table,
        { partition: claimTable.partition, row: runKey },
        ended,
        etag,
      );
      if (outcome.outcome === 'conflict') return undefined;
      await closeRun(claim.runId);
      await free(deps, ended);
      return 'run-lost';
    }
    case 'ended':
      // As long as the slot is held, a run that could not be closed is found here again.
      await closeRun(claim.runId);
      await free(deps, claim);
      return 'freed';
  }
}

/** @returns why a window should look, or undefined */
async function whyTouch(deps: ProtocolDependencies, pipeline: PipelineRecord): Promise<string | undefined> {
  const newest = (await newestWindows(deps, pipeline.name, 1))[0]?.window;
  if (newest !== undefined && newest.state !== 'done') return undefined;
  if ((await openArrivals(deps, pipeline.name)).length > 0) return 'an arrival is open';
  if ((await openRequests(deps, pipeline.name)).length > 0) return 'a request is open';
  const listing = await listLanding(deps.data, pipeline.trigger.container, pipeline.trigger);
  if (newest === undefined) return listing.blobs.length > 0 ? 'data is there' : undefined;
  if (newest.pipelineVersion !== pipeline.activeVersion)
    return listing.blobs.length > 0 ? 'another version is active' : undefined;
  if (newest.listingDigest !== listing.digest && (await hasNews(deps, newest, listing))) return 'data changed';
  return (await differsFromManifest(deps, pipeline.name, newest, listing)) ? 'rejections changed' : undefined;
}

/** Whether the listing has a path or an ETag that the window's did not; deletions alone do not count. */
async function hasNews(deps: ProtocolDependencies, window: DataWindow, listing: Listing): Promise<boolean> {
  const reference = window.listings.at(-1);
  if (reference === undefined) return listing.blobs.length > 0;
  const { blobs } = await readStateFile(deps, reference, storedListing);
  const before = new Map(blobs.map((blob) => [blob.path, blob.etag]));
  return listing.blobs.some((blob) => before.get(blob.path) !== blob.etag);
}

/** Whether listing minus rejections is something else than the newest manifest: a rejection was made or lifted. */
async function differsFromManifest(
  deps: ProtocolDependencies,
  pipeline: string,
  window: DataWindow,
  listing: Listing,
): Promise<boolean> {
  if (window.manifestNumber === undefined || window.listingDigest !== listing.digest) return false;
  const stored = await deps.records.get(manifestTable, {
    partition: pipeline,
    row: manifestRow(window.manifestNumber),
  });
  if (stored === undefined) return false;
  const hashed = await hashListing(deps, pipeline, listing);
  if (hashed.changed.length > 0) return true;
  return (
    digestOf(hashed.contents.map(({ path, sizeBytes, sha256 }) => ({ path, sizeBytes, sha256 }))) !==
    manifestRecord.parse(stored.value).digest
  );
}
