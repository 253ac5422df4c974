import { claimRecord, claimTable, type ClaimRecord } from '#shared/contracts/records/claim.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import type { ProtocolDependencies } from './protocol-dependencies.ts';

type Records = Pick<ProtocolDependencies, 'records'>;

/** Who runs: the key and the token that only one execution knows. */
export interface RunOwner {
  readonly runKey: string;
  readonly token: string;
}

/** A claim as read. */
export interface ReadClaim {
  readonly claim: ClaimRecord;
  readonly etag: string;
}

/** @returns the claim of a run key, or undefined */
export async function findClaim(deps: Records, runKey: string): Promise<ReadClaim | undefined> {
  const stored = await deps.records.get(claimTable.table, { partition: claimTable.partition, row: runKey });
  return stored === undefined ? undefined : { claim: claimRecord.parse(stored.value), etag: stored.etag };
}

/**
 * Moves the claim from claimed to running with this token. Whoever finds another token, or the end, must touch nothing.
 *
 * @source design §4.7
 */
export async function claimRun(
  deps: Records,
  { runKey, token }: RunOwner,
): Promise<{ readonly outcome: 'mine' | 'not-mine' }> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const found = await findClaim(deps, runKey);
    if (found === undefined) return { outcome: 'not-mine' };
    const { claim, etag } = found;
    if (claim.state === 'running' && claim.token === token) return { outcome: 'mine' };
    if (claim.state !== 'claimed') return { outcome: 'not-mine' };
    const next: ClaimRecord = { ...claim, state: 'running', token };
    const outcome = await deps.records.replace(
      claimTable.table,
      { partition: claimTable.partition, row: runKey },
      next,
      etag,
    );
    if (outcome.outcome === 'replaced') return { outcome: 'mine' };
  }
  throw new WhenceError('storage.unavailable', 'A claim changes too often.');
}
