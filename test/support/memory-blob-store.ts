import { limits } from '#shared/domain/limits.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { BlobPage, BlobProperties, BlobReading, BlobStore, BlobType } from '#shared/ports/blob-store.ts';

interface Blob {
  readonly bytes: Uint8Array;
  readonly properties: BlobProperties;
}

/** The blob store in memory. */
export class MemoryBlobStore implements BlobStore {
  readonly #containers = new Map<string, Map<string, Blob>>();
  readonly #clock: Clock;
  #writes = 0;

  /** @param clock - the store's own clock */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async hasContainer(container: string): Promise<boolean> {
    return this.#container(container).size > 0;
  }

  async list(container: string, prefix: string, after?: string): Promise<BlobPage> {
    const found = [...this.#container(container)]
      .filter(([path]) => path.startsWith(prefix) && (after === undefined || path > after))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, blob]) => blob.properties);
    const blobs = found.slice(0, limits.listPageBlobs);
    const last = blobs.at(-1);
    return found.length > blobs.length && last !== undefined ? { blobs, next: last.path } : { blobs };
  }

  async head(container: string, path: string): Promise<BlobProperties | undefined> {
    return this.#container(container).get(path)?.properties;
  }

  async read(
    container: string,
    path: string,
    { ifMatch, fromByte = 0 }: BlobReading = {},
  ): Promise<AsyncIterable<Uint8Array> | 'missing' | 'changed'> {
    const blob = this.#container(container).get(path);
    if (blob === undefined) return 'missing';
    if (ifMatch !== undefined && blob.properties.etag !== ifMatch) return 'changed';
    return stream(blob.bytes.subarray(fromByte));
  }

  async putIfAbsent(container: string, path: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    if (this.#container(container).has(path)) return 'exists';
    this.put(container, path, bytes);
    return 'created';
  }

  async copyIfAbsent(
    source: { readonly container: string; readonly path: string; readonly etag: string },
    target: { readonly container: string; readonly path: string },
  ): Promise<'copied' | 'exists' | 'changed' | 'missing'> {
    if (this.#container(target.container).has(target.path)) return 'exists';
    const blob = this.#container(source.container).get(source.path);
    if (blob === undefined) return 'missing';
    if (blob.properties.etag !== source.etag) return 'changed';
    this.put(target.container, target.path, blob.bytes);
    return 'copied';
  }

  /** Writes a blob over whatever is there, as anybody may do in a landing container. @returns its properties */
  put(container: string, path: string, bytes: Uint8Array, blobType: BlobType = 'BlockBlob'): BlobProperties {
    this.#writes += 1;
    const seconds = Math.floor(this.#clock.nowMs() / 1_000) * 1_000;
    const properties: BlobProperties = {
      path,
      sizeBytes: bytes.byteLength,
      etag: `0x${this.#writes.toString(16)}`,
      lastModifiedAt: new Date(seconds).toISOString(),
      blobType,
    };
    this.#container(container).set(path, { bytes: bytes.slice(), properties });
    return properties;
  }

  /** Deletes a blob. */
  delete(container: string, path: string): void {
    this.#container(container).delete(path);
  }

  #container(name: string): Map<string, Blob> {
    let container = this.#containers.get(name);
    if (container === undefined) this.#containers.set(name, (container = new Map()));
    return container;
  }
}

async function* stream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
