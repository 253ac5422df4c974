import type { PipelineRecord } from '#shared/contracts/records/pipeline.ts';
import type { StoredListing } from '#shared/contracts/records/data-window.ts';
import { literalPrefix } from '#shared/domain/data-window/path-glob.ts';
import { matcher, whySkipped } from '#shared/domain/data-window/select-blobs.ts';
import { digestOf } from '#shared/domain/digest.ts';
import { limits } from '#shared/domain/limits.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { BlobStore } from '#shared/ports/blob-store.ts';

/** What is in the landing container for a pipeline. */
export interface Listing extends StoredListing {
  /** Digest over paths and ETags. */
  readonly digest: string;
  /** Youngest `lastModified`, the store's clock; undefined where nothing is there. */
  readonly youngestMs: number | undefined;
}

/**
 * Lists what a pipeline wants: ⌈N / 5,000⌉ LIST calls.
 *
 * @throws {WhenceError} `core.limit-exceeded` beyond `limits.manifestBlobs`
 */
export async function listLanding(
  data: BlobStore,
  container: string,
  trigger: PipelineRecord['trigger'],
): Promise<Listing> {
  const isWanted = matcher(trigger.path);
  const blobs: StoredListing['blobs'] = [];
  const skipped: StoredListing['skipped'] = [];
  let youngestMs: number | undefined;
  let after: string | undefined;
  do {
    const page = await data.list(container, literalPrefix(trigger.path), after);
    for (const blob of page.blobs) {
      if (!isWanted(blob.path)) continue;
      const modifiedMs = Date.parse(blob.lastModifiedAt);
      youngestMs = Math.max(youngestMs ?? modifiedMs, modifiedMs);
      const reason = whySkipped(blob);
      if (reason === undefined)
        blobs.push({
          path: blob.path,
          etag: blob.etag,
          sizeBytes: blob.sizeBytes,
          lastModifiedAt: blob.lastModifiedAt,
        });
      else skipped.push({ path: blob.path, reason });
    }
    if (blobs.length > limits.manifestBlobs)
      throw new WhenceError('core.limit-exceeded', `More than ${limits.manifestBlobs} blobs match ${trigger.path}.`, {
        details: { limit: limits.manifestBlobs },
      });
    after = page.next;
  } while (after !== undefined);
  return {
    schemaVersion: 1,
    blobs,
    skipped,
    youngestMs,
    digest: digestOf(blobs.map(({ path, etag }) => [path, etag])),
  };
}
