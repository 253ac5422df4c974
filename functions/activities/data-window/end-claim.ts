import { claimTable, type ClaimRecord } from '#shared/contracts/records/claim.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import { requirePipeline } from '../../pipelines/pipeline-store.ts';
import { findClaim, type RunOwner } from './claim-run.ts';
import type { ProtocolDependencies } from './protocol-dependencies.ts';
import { releaseSlot } from './slot.ts';
import { touch } from './touch.ts';
import { wakeWaitingWindow } from './wake.ts';

/** How a run ended. */
export interface ClaimEnd extends RunOwner {
  readonly status: string;
  /** The run rejected bytes: data changed for the pipeline, so it touches, and the run does not count as its newest. */
  readonly rejectedData: boolean;
}

/**
 * Ends the claim and frees the slot, in this order: the record ends first, the slot is freed last. Only the winner can;
 * anybody else changes nothing.
 *
 * @source design §4.7 and §4.8
 */
export async function endClaim(
  deps: ProtocolDependencies,
  { runKey, token, status, rejectedData }: ClaimEnd,
): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const found = await findClaim(deps, runKey);
    if (found === undefined || found.claim.state === 'claimed' || found.claim.token !== token) return;
    const { claim, etag } = found;
    if (claim.state === 'ended') return free(deps, claim);
    if (rejectedData) await touch(deps, (await requirePipeline(deps.records, claim.pipeline)).record);
    const ended: Extract<ClaimRecord, { state: 'ended' }> = { ...claim, state: 'ended', status, rejectedData };
    const outcome = await deps.records.replace(
      claimTable.table,
      { partition: claimTable.partition, row: runKey },
      ended,
      etag,
    );
    if (outcome.outcome === 'replaced') return free(deps, ended);
  }
  throw new WhenceError('storage.unavailable', 'A claim changes too often.');
}

/** Frees the slot of an ended claim, and tells whoever waits for it. */
export async function free(
  deps: ProtocolDependencies,
  { pipeline, generation, contentKey, rejectedData }: Extract<ClaimRecord, { state: 'ended' }>,
): Promise<void> {
  await releaseSlot(deps, pipeline, generation, rejectedData ? undefined : contentKey);
  await wakeWaitingWindow(deps, pipeline);
}
