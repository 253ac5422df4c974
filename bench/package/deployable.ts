import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { openPromise } from 'yauzl';

import { writePackage } from '../../scripts/package.ts';

const BUNDLE = 'dist/functions/';

/** What is deployed, and how big it is. */
export interface Deployable {
  readonly zipBytes: number;
  readonly unpackedBytes: number;
  /** Code that the bundler wrote, all chunks. */
  readonly bundleBytes: number;
  /** The chunk that is loaded at the start. */
  readonly startBytes: number;
  /** The entry file, as it was packed. */
  readonly main: string;
}

/**
 * Packs the built app and unpacks its code again.
 *
 * @param folder - gets the zip and the code
 * @throws {Error} the app is not built, or this is not where it can be packed
 */
export async function unpackDeployable(folder: string): Promise<Deployable> {
  const { file, bytes: zipBytes } = await writePackage(join(folder, 'whence.zip'));
  let unpackedBytes = 0;
  let bundleBytes = 0;
  const zip = await openPromise(file);
  for await (const entry of zip.eachEntry()) {
    unpackedBytes += entry.uncompressedSize;
    const isCode = entry.fileName.startsWith(BUNDLE);
    if (isCode) bundleBytes += entry.uncompressedSize;
    if (!isCode && entry.fileName !== 'package.json') continue;
    const target = join(folder, entry.fileName);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, await buffer(await zip.openReadStreamPromise(entry)));
  }
  const main = join(folder, BUNDLE, 'main.js');
  return { zipBytes, unpackedBytes, bundleBytes, startBytes: statSync(main).size, main };
}
