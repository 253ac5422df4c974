import { createHash } from 'node:crypto';

import { z } from 'zod';

import type { ListedBlob, StoredListing } from '#shared/contracts/records/data-window.ts';
import type { ManifestBlob } from '#shared/contracts/records/manifest.ts';
import { digestSha256 } from '#shared/contracts/records/pipeline.ts';
import { storedObject } from '#shared/contracts/records/stored-object.ts';
import { rejectionRecord, rejectionTable } from '#shared/contracts/records/rejection.ts';
import { arrivalKey, rejectionKey } from '#shared/domain/data-window/keys.ts';

import { inParallel } from '../../in-parallel.ts';
import type { ProtocolDependencies } from './protocol-dependencies.ts';

/** Table of digests by path and ETag: bytes that did not change are not read twice. Partition = pipeline. */
const digestTable = 'digests';
const digestRow = storedObject({
  schemaVersion: z.literal(1),
  path: z.string(),
  etag: z.string(),
  sha256: digestSha256,
});

/** Blobs hashed at a time. */
const PARALLEL = 8;

/** A listed blob with its digest. */
export type HashedBlob = ManifestBlob & Pick<ListedBlob, 'etag'>;

/** A listing with digests. */
export interface HashedListing {
  /** In path order. */
  readonly contents: readonly HashedBlob[];
  readonly leftOut: readonly { readonly path: string; readonly reason: string; readonly sha256: string }[];
  /** Paths whose pinned bytes are not there any more. */
  readonly changed: readonly string[];
}

/** Finds the digest of every listed blob, reading only bytes that are new, and leaves out what was rejected. */
export async function hashListing(
  deps: ProtocolDependencies,
  pipeline: string,
  listing: StoredListing,
): Promise<HashedListing> {
  const digests = await inParallel(PARALLEL, listing.blobs, (blob) => digestOfBlob(deps, pipeline, blob));
  const contents: HashedBlob[] = [];
  const leftOut: { path: string; reason: string; sha256: string }[] = [];
  const changed: string[] = [];
  for (const [at, blob] of listing.blobs.entries()) {
    const sha256 = digests[at];
    if (sha256 === undefined) changed.push(blob.path);
    else if (await isRejected(deps, pipeline, blob.path, sha256))
      leftOut.push({ path: blob.path, reason: 'rejected: it breaks the data contract', sha256 });
    else contents.push({ path: blob.path, sizeBytes: blob.sizeBytes, sha256, etag: blob.etag });
  }
  return { contents: contents.sort((a, b) => (a.path < b.path ? -1 : 1)), leftOut, changed };
}

async function digestOfBlob(
  deps: ProtocolDependencies,
  pipeline: string,
  blob: ListedBlob,
): Promise<string | undefined> {
  const key = { partition: pipeline, row: arrivalKey(blob.path, blob.etag) };
  const known = await deps.records.get(digestTable, key);
  if (known !== undefined) return digestRow.parse(known.value).sha256;
  const stream = await deps.data.read(deps.config.WHENCE_LANDING_CONTAINER, blob.path, { ifMatch: blob.etag });
  if (typeof stream === 'string') return undefined;
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk);
  const sha256 = hash.digest('hex');
  await deps.records.insert(digestTable, key, { schemaVersion: 1, path: blob.path, etag: blob.etag, sha256 });
  return sha256;
}

async function isRejected(
  deps: ProtocolDependencies,
  pipeline: string,
  path: string,
  sha256: string,
): Promise<boolean> {
  const stored = await deps.records.get(rejectionTable, { partition: pipeline, row: rejectionKey(path, sha256) });
  return stored !== undefined && rejectionRecord.parse(stored.value).state === 'rejected';
}
