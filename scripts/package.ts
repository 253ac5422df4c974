/**
 * Writes `dist/whence.zip`: the function app as it is deployed, with only what runs. The same sources and packages give the
 * same bytes: files in order, one moment for all of them, one mode.
 */
import { createWriteStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { ZipFile } from 'yazl';

import { sha256 } from '#shared/domain/digest.ts';

const root = resolve(import.meta.dirname, '..');
/** The earliest moment that a zip can hold, in local time as zips have it. @source APPNOTE.TXT 4.4.6 */
const MOMENT = new Date(1980, 0, 1);
const MODE = 0o100644;

/** Packages that are not bundled, with the native part of where functions run. */
const NATIVE = ['@duckdb/node-api', '@duckdb/node-bindings', '@duckdb/node-bindings-linux-x64', 'detect-libc'];

/** What a zip came to. */
export interface Package {
  readonly file: string;
  readonly files: number;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * @param file - where it is written
 * @throws {Error} the app is not built, or a native package is not installed
 */
export async function writePackage(file: string): Promise<Package> {
  const zip = new ZipFile();
  const options = { mtime: MOMENT, mode: MODE, forceDosTimestamp: true };
  const entries = [...contents()].toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [path, bytes] of entries) zip.addBuffer(bytes, path, options);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
  const written = readFileSync(file);
  return { file, files: entries.length, bytes: written.length, sha256: sha256(written) };
}

function* contents(): Generator<readonly [path: string, bytes: Buffer]> {
  yield ['host.json', readFileSync(join(root, 'host.json'))];
  yield ['package.json', Buffer.from(`${JSON.stringify(manifest(), null, 2)}\n`)];
  yield* below('dist/functions', (path) => path.endsWith('.js'));
  for (const name of NATIVE) {
    const folder = `node_modules/${name}`;
    if (!existsSync(join(root, folder)))
      throw new Error(`${folder} is not installed: package on Linux x64, where functions run.`);
    yield* below(folder, (path) => !/\.(md|map|d\.ts)$/.test(path) && !path.includes('/node_modules/.'));
  }
}

function* below(folder: string, isWanted: (path: string) => boolean): Generator<readonly [string, Buffer]> {
  if (!existsSync(join(root, folder))) throw new Error(`${folder} is not there: run \`npm run build\` first.`);
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const path = relative(root, file).split(sep).join('/');
    if (entry.isFile() && isWanted(path)) yield [path, readFileSync(file)];
  }
}

/** What of package.json the host and Node look at. */
function manifest(): object {
  const { name, version, type, main, dependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ) as Record<string, string> & { dependencies: Record<string, string> };
  const native = '@duckdb/node-api';
  return { name, version, private: true, type, main, dependencies: { [native]: dependencies[native] } };
}

if (import.meta.main) {
  const { file, files, bytes, sha256 } = await writePackage(join(root, 'dist', 'whence.zip'));
  console.log(`wrote ${relative(root, file)}: ${files} files, ${(bytes / 1e6).toFixed(1)} MB, sha256 ${sha256}`);
}
