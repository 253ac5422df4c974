import { inParallel } from '../../in-parallel.ts';
import type { HashedBlob } from './hash-listing.ts';
import type { ProtocolDependencies } from './protocol-dependencies.ts';

/** Blobs copied at a time. */
const PARALLEL = 8;

/**
 * Copies every blob of a data version on the server to `<versions container>/<digest>/<path>`, if its source still has
 * the ETag that was hashed. What is there already is left as it is: the folder's name is the digest of its bytes.
 *
 * @returns paths whose source changed or went before it was copied
 */
export async function copyContents(
  deps: ProtocolDependencies,
  digest: string,
  contents: readonly HashedBlob[],
): Promise<readonly string[]> {
  const outcomes = await inParallel(PARALLEL, contents, (blob) =>
    deps.data.copyIfAbsent(
      { container: deps.config.WHENCE_LANDING_CONTAINER, path: blob.path, etag: blob.etag },
      { container: deps.config.WHENCE_VERSIONS_CONTAINER, path: `${digest}/${blob.path}` },
    ),
  );
  return contents
    .filter((_blob, at) => outcomes[at] === 'changed' || outcomes[at] === 'missing')
    .map((blob) => blob.path);
}
