import { rejectionRecord, rejectionTable, type RejectionRecord } from '#shared/contracts/records/rejection.ts';
import { rejectionKey } from '#shared/domain/data-window/keys.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import type { RunOwner } from './claim-run.ts';
import { fence } from './fence.ts';
import { isoNow, type ProtocolDependencies } from './protocol-dependencies.ts';

/** Findings kept in a row; all of them are in the stored inspection. */
const KEPT_FINDINGS = 20;

/** Bytes that break the contract. */
export interface BrokenBlob {
  readonly path: string;
  readonly sha256: string;
  readonly findings: readonly string[];
}

/**
 * Rejects bytes: they are left out of later manifests until they change or somebody admits them. First writer wins, and
 * admitted stays admitted.
 *
 * @returns paths of those that are rejected now; the others were admitted
 */
export async function rejectBlobs(
  deps: ProtocolDependencies,
  { pipeline, blobs, ...owner }: RunOwner & { readonly pipeline: string; readonly blobs: readonly BrokenBlob[] },
): Promise<readonly string[]> {
  if (!(await fence(deps, owner))) return blobs.map((blob) => blob.path);
  const rejected: string[] = [];
  for (const { path, sha256, findings } of blobs) {
    const row: RejectionRecord = {
      schemaVersion: 1,
      path,
      sha256,
      state: 'rejected',
      by: 'data-contract',
      at: isoNow(deps),
      findings: findings.slice(0, KEPT_FINDINGS),
    };
    const key = { partition: pipeline, row: rejectionKey(path, sha256) };
    const { record } = await deps.records.insert(rejectionTable, key, row);
    if (rejectionRecord.parse(record.value).state === 'rejected') rejected.push(path);
  }
  return rejected;
}

/**
 * Admits rejected bytes; they stay admitted.
 *
 * @returns the record after it
 * @throws {WhenceError} `http.not-found`
 */
export async function admitBlob(
  deps: ProtocolDependencies,
  pipeline: string,
  key: string,
  by: string,
): Promise<RejectionRecord> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const where = { partition: pipeline, row: key };
    const stored = await deps.records.get(rejectionTable, where);
    if (stored === undefined)
      throw new WhenceError('http.not-found', `Pipeline ${pipeline} has no such rejected blob.`);
    const rejection = rejectionRecord.parse(stored.value);
    if (rejection.state === 'admitted') return rejection;
    const next: RejectionRecord = { ...rejection, state: 'admitted', by, at: isoNow(deps) };
    const outcome = await deps.records.replace(rejectionTable, where, next, stored.etag);
    if (outcome.outcome === 'replaced') return next;
  }
  throw new WhenceError('storage.unavailable', 'A rejection changes too often.');
}
