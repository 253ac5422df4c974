/**
 * Blobs with ETags: what the protocol needs of Azure Blob storage, and nothing more.
 *
 * Implementations: `shared/adapters/storage/azure-blob-store.ts` and, for tests, `test/support/memory-blob-store.ts`.
 * One contract suite runs over both.
 */

/** Kinds of blob; data versions are made of block blobs only. */
export type BlobType = 'BlockBlob' | 'AppendBlob' | 'PageBlob';

/** What a listing says of a blob. `etag` is without quotes. */
export interface BlobProperties {
  readonly path: string;
  readonly sizeBytes: number;
  readonly etag: string;
  /** ISO 8601 UTC, the store's clock, whole seconds. */
  readonly lastModifiedAt: string;
  readonly blobType: BlobType;
  /** Set while or after a copy into this blob. */
  readonly copyStatus?: 'pending' | 'success' | 'aborted' | 'failed';
  /** Only where the account versions its blobs. */
  readonly versionId?: string;
}

/** A page of a listing, in path order; `next` is there while more may follow. */
export interface BlobPage {
  readonly blobs: readonly BlobProperties[];
  readonly next?: string;
}

/** Which bytes are read: all of whatever is there, unless it says otherwise. */
export interface BlobReading {
  /** Only of this ETag. */
  readonly ifMatch?: string;
  /** From this byte on; it must be inside of the blob. */
  readonly fromByte?: number;
}

/**
 * The port. Every method throws `WhenceError` with code `storage.unavailable` (transient) when the store does not
 * answer; a write may or may not have happened then.
 */
export interface BlobStore {
  /** @returns whether the container is there */
  hasContainer(container: string): Promise<boolean>;
  /** One page (at most 5,000) of the blobs whose path starts with `prefix`. */
  list(container: string, prefix: string, after?: string): Promise<BlobPage>;
  /** @returns properties, or undefined if there is no such blob */
  head(container: string, path: string): Promise<BlobProperties | undefined>;
  /**
   * Streams the bytes.
   * @returns the chunks, `missing`, or `changed` if the ETag is another
   */
  read(
    container: string,
    path: string,
    which?: BlobReading,
  ): Promise<AsyncIterable<Uint8Array> | 'missing' | 'changed'>;
  /** Stores bytes if there is no blob. @returns `exists` if there was one, which stays as it is */
  putIfAbsent(container: string, path: string, bytes: Uint8Array, contentType: string): Promise<'created' | 'exists'>;
  /**
   * Copies a blob on the server if the source still has `etag` and the target is absent. The bytes never pass
   * through this process. Waits for the copy to end.
   */
  copyIfAbsent(
    source: { readonly container: string; readonly path: string; readonly etag: string },
    target: { readonly container: string; readonly path: string },
  ): Promise<'copied' | 'exists' | 'changed' | 'missing'>;
}
