import type { BlobServiceClient, ContainerClient } from '@azure/storage-blob';

import { limits } from '#shared/domain/limits.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { BlobPage, BlobProperties, BlobReading, BlobStore } from '#shared/ports/blob-store.ts';

import { faultOf, retryOptions, unavailable } from './storage-error.ts';
import type { StorageTarget } from './storage-target.ts';

/** Pause between looks at a copy that the service does in the background. */
const COPY_LOOK_MS = 1_000;
/** Looks at such a copy: ten minutes. */
const COPY_LOOKS = 600;

/** @returns the port over Azure Blob storage; containers are created when first missed by a write */
export function createBlobStore(target: StorageTarget): BlobStore {
  return new AzureBlobStore(target);
}

interface Source {
  readonly container: string;
  readonly path: string;
  readonly etag: string;
}

class AzureBlobStore implements BlobStore {
  readonly #target: StorageTarget;
  #service: Promise<BlobServiceClient> | undefined;

  constructor(target: StorageTarget) {
    this.#target = target;
  }

  async hasContainer(container: string): Promise<boolean> {
    const client = await this.#container(container);
    try {
      return await client.exists();
    } catch (error) {
      throw unavailable(`looking for container ${container}`, error);
    }
  }

  async list(container: string, prefix: string, after?: string): Promise<BlobPage> {
    const client = await this.#container(container);
    try {
      const pages = client
        .listBlobsFlat({ prefix, includeCopy: true })
        .byPage({ maxPageSize: limits.listPageBlobs, ...(after === undefined ? {} : { continuationToken: after }) });
      for await (const page of pages) {
        const blobs = page.segment.blobItems.map((item): BlobProperties => {
          const { contentLength, etag, lastModified, blobType, copyStatus } = item.properties;
          return properties(item.name, {
            contentLength,
            etag,
            lastModified,
            blobType,
            copyStatus,
            versionId: item.versionId,
          });
        });
        return page.continuationToken === undefined || page.continuationToken === ''
          ? { blobs }
          : { blobs, next: page.continuationToken };
      }
      return { blobs: [] };
    } catch (error) {
      if (faultOf(error).code === 'ContainerNotFound') return { blobs: [] };
      throw unavailable(`listing container ${container}`, error);
    }
  }

  async head(container: string, path: string): Promise<BlobProperties | undefined> {
    const client = (await this.#container(container)).getBlobClient(path);
    try {
      return properties(path, await client.getProperties());
    } catch (error) {
      if (faultOf(error).status === 404) return undefined;
      throw unavailable(`reading properties of a blob in ${container}`, error);
    }
  }

  async read(
    container: string,
    path: string,
    { ifMatch, fromByte = 0 }: BlobReading = {},
  ): Promise<AsyncIterable<Uint8Array> | 'missing' | 'changed'> {
    const client = (await this.#container(container)).getBlobClient(path);
    try {
      const response = await client.download(fromByte, undefined, {
        maxRetryRequests: 3,
        ...(ifMatch === undefined ? {} : { conditions: { ifMatch: quoted(ifMatch) } }),
      });
      if (response.readableStreamBody === undefined)
        throw new WhenceError('storage.unavailable', `A blob in ${container} came without a body.`);
      return response.readableStreamBody as AsyncIterable<Uint8Array> & NodeJS.ReadableStream;
    } catch (error) {
      const { status } = faultOf(error);
      if (status === 404) return 'missing';
      if (status === 412) return 'changed';
      throw unavailable(`reading a blob in ${container}`, error);
    }
  }

  async putIfAbsent(
    container: string,
    path: string,
    bytes: Uint8Array,
    contentType: string,
  ): Promise<'created' | 'exists'> {
    return this.#write(container, `writing a blob in ${container}`, async (client) => {
      try {
        await client.getBlockBlobClient(path).uploadData(Buffer.from(bytes), {
          blobHTTPHeaders: { blobContentType: contentType },
          conditions: { ifNoneMatch: '*' },
        });
        return 'created';
      } catch (error) {
        if (isConflict(error)) return 'exists';
        // Who may add and not change is refused where a blob is there already.
        if (faultOf(error).status === 403 && (await this.head(container, path)) !== undefined) return 'exists';
        throw error;
      }
    });
  }

  async copyIfAbsent(
    source: Source,
    target: { readonly container: string; readonly path: string },
  ): Promise<'copied' | 'exists' | 'changed' | 'missing'> {
    const sourceUrl = (await this.#container(source.container)).getBlobClient(source.path).url;
    const outcome = await this.#write(target.container, `copying into ${target.container}`, async (client) => {
      try {
        await client.getBlobClient(target.path).beginCopyFromURL(sourceUrl, {
          conditions: { ifNoneMatch: '*' },
          sourceConditions: { ifMatch: quoted(source.etag) },
        });
        return 'copied' as const;
      } catch (error) {
        // 403: who may add and not change is refused where the target is there already.
        if (isConflict(error) || [403, 404].includes(faultOf(error).status ?? 0))
          return this.#whyNotCopied(source, target, error);
        throw error;
      }
    });
    if (outcome === 'changed' || outcome === 'missing' || (await this.#copied(target))) return outcome;
    return 'changed';
  }

  /** The service answers both conditions alike; what is there says which one did not hold. */
  async #whyNotCopied(
    source: Source,
    target: { readonly container: string; readonly path: string },
    error: unknown,
  ): Promise<'exists' | 'changed' | 'missing'> {
    if (faultOf(error).code === 'ContainerNotFound' && (await this.head(source.container, source.path)) !== undefined)
      throw error;
    if ((await this.head(target.container, target.path)) !== undefined) return 'exists';
    const now = await this.head(source.container, source.path);
    if (now === undefined) return 'missing';
    if (now.etag !== source.etag) return 'changed';
    throw error;
  }

  /** Waits until a copy that the service does in the background has ended. */
  async #copied({ container, path }: { readonly container: string; readonly path: string }): Promise<boolean> {
    for (let look = 0; look < COPY_LOOKS; look += 1) {
      const copy = await this.head(container, path);
      if (copy?.copyStatus !== 'pending') {
        if (copy === undefined) throw new WhenceError('storage.unavailable', `A copy into ${container} is missing.`);
        return copy.copyStatus !== 'failed' && copy.copyStatus !== 'aborted';
      }
      await new Promise((resolve) => setTimeout(resolve, COPY_LOOK_MS));
    }
    throw new WhenceError('storage.unavailable', `A copy into ${container} takes longer than ten minutes.`);
  }

  /** Runs a write; a missing container is created once and the write done again. */
  async #write<Result>(
    container: string,
    what: string,
    operation: (client: ContainerClient) => Promise<Result>,
  ): Promise<Result> {
    const client = await this.#container(container);
    try {
      return await operation(client);
    } catch (error) {
      if (faultOf(error).code !== 'ContainerNotFound') throw unavailable(what, error);
    }
    try {
      await client.createIfNotExists();
      return await operation(client);
    } catch (error) {
      throw unavailable(what, error);
    }
  }

  async #container(name: string): Promise<ContainerClient> {
    this.#service ??= this.#connect();
    return (await this.#service).getContainerClient(name);
  }

  async #connect(): Promise<BlobServiceClient> {
    const { BlobServiceClient } = await import('@azure/storage-blob');
    const target = this.#target;
    const options = {
      retryOptions: {
        maxTries: retryOptions.maxRetries + 1,
        retryDelayInMs: retryOptions.retryDelayInMs,
        maxRetryDelayInMs: retryOptions.maxRetryDelayInMs,
      },
    };
    return 'credential' in target
      ? new BlobServiceClient(target.url, target.credential, options)
      : BlobServiceClient.fromConnectionString(target.connectionString, options);
  }
}

interface RawProperties {
  readonly contentLength?: number | undefined;
  readonly etag?: string | undefined;
  readonly lastModified?: Date | undefined;
  readonly blobType?: string | undefined;
  readonly copyStatus?: string | undefined;
  readonly versionId?: string | undefined;
}

function properties(path: string, raw: RawProperties): BlobProperties {
  return {
    path,
    sizeBytes: raw.contentLength ?? 0,
    etag: (raw.etag ?? '').replaceAll('"', ''),
    lastModifiedAt: (raw.lastModified ?? new Date(0)).toISOString(),
    blobType: (raw.blobType ?? 'BlockBlob') as BlobProperties['blobType'],
    ...(raw.copyStatus === undefined
      ? {}
      : { copyStatus: raw.copyStatus as NonNullable<BlobProperties['copyStatus']> }),
    ...(raw.versionId === undefined ? {} : { versionId: raw.versionId }),
  };
}

/** ETags travel in quotes; the ports carry them without. */
function quoted(etag: string): string {
  return `"${etag}"`;
}

function isConflict(error: unknown): boolean {
  const { status, code } = faultOf(error);
  return status === 412 || (status === 409 && code !== 'ContainerBeingDeleted');
}
