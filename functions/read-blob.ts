import type { BlobStore } from '#shared/ports/blob-store.ts';

import { readAll } from './read-all.ts';

/** @returns the bytes of a blob; undefined where there is none, or a larger one than is read whole */
export async function readBlob(
  store: BlobStore,
  container: string,
  path: string,
  mostBytes: number,
): Promise<Buffer | undefined> {
  const head = await store.head(container, path);
  if (head === undefined || head.sizeBytes > mostBytes) return undefined;
  const stream = await store.read(container, path);
  return typeof stream === 'string' ? undefined : readAll(stream);
}

/** @returns the last bytes of a blob, at most so many; none where there is no blob */
export async function readBlobEnd(
  store: BlobStore,
  container: string,
  path: string,
  mostBytes: number,
): Promise<Buffer> {
  const { sizeBytes = 0 } = (await store.head(container, path)) ?? {};
  if (sizeBytes === 0) return Buffer.alloc(0);
  const stream = await store.read(container, path, { fromByte: Math.max(0, sizeBytes - mostBytes) });
  return typeof stream === 'string' ? Buffer.alloc(0) : readAll(stream);
}
