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
