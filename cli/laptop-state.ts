/**
 * Reads where a laptop runtime is. A cloned repository can hold such a file too, and what it names would be read and sent:
 * so nothing is used that does not lie in the user's own state folder, and no address that is not of this machine.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

import { z } from 'zod';

import { CliError } from './cli-error.ts';
import { isBlobStorageOnLoopback, isLoopback } from './loopback.ts';

/** What the CLI reads of `.whence/endpoints.json`. */
export const laptopEndpoints = z.looseObject({
  app: z.looseObject({ baseUrl: z.url() }),
  blob: z.looseObject({ connectionString: z.string() }),
  identity: z.looseObject({ tokenUrl: z.url(), secretFile: z.string() }),
});
/** See {@link laptopEndpoints}. */
export type LaptopEndpoints = z.output<typeof laptopEndpoints>;

/** What others may do with a folder; the runtime takes all of it away. */
const OTHERS = 0o077;

/**
 * @param file - an `endpoints.json` that is there
 * @returns what it holds
 * @throws {CliError} it is damaged, or nobody should trust it
 */
export function readLaptopState(file: string): LaptopEndpoints {
  const folder = realpathSync.native(dirname(file));
  requireOwn(folder);
  const inside = join(folder, 'endpoints.json');
  const real = realpathSync.native(inside);
  if (real !== inside) throw notTrusted(inside, `it is a link to ${real}`);
  const endpoints = parse(inside);
  const { app, blob, identity } = endpoints;
  for (const [name, url] of [
    ['app.baseUrl', app.baseUrl],
    ['identity.tokenUrl', identity.tokenUrl],
  ] as const)
    if (!isLoopback(url)) throw notTrusted(inside, `its ${name} ${url} is not an address of this machine`);
  if (!isBlobStorageOnLoopback(blob.connectionString))
    throw notTrusted(inside, 'its blob.connectionString is not of this machine alone');
  return { ...endpoints, identity: { ...identity, secretFile: ownSecret(inside, identity.secretFile) } };
}

/** Where there are users, the folder is this one's, and nobody else may use it. */
function requireOwn(folder: string): void {
  const user = process.getuid?.();
  if (user === undefined) return;
  const { uid, mode } = statSync(folder);
  if (uid !== user) throw notTrusted(folder, 'it belongs to another user');
  if ((mode & OTHERS) !== 0) throw notTrusted(folder, 'others than its owner may use it, and the runtime forbids that');
}

function parse(file: string): LaptopEndpoints {
  try {
    return laptopEndpoints.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new CliError(`${file} is damaged.`, 'Remove it, and start the runtime again with `whence local up`.');
  }
}

/** @returns the file itself, links resolved */
function ownSecret(file: string, secretFile: string): string {
  const folder = dirname(file);
  let real: string;
  try {
    real = realpathSync.native(secretFile);
  } catch {
    throw notTrusted(file, `its secretFile ${secretFile} is not there`);
  }
  const path = relative(folder, real);
  if (path === '' || path.split(sep)[0] === '..' || join(folder, path) !== real)
    throw notTrusted(file, `its secretFile ${secretFile} lies outside of ${folder}`);
  return real;
}

function notTrusted(path: string, why: string): CliError {
  return new CliError(
    `${path} is not trusted: ${why}.`,
    'Whence did not make it so. Remove the folder if it came with something you fetched; `whence local up` makes one that is yours.',
  );
}
