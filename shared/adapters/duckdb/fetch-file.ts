import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import { limits } from '#shared/domain/limits.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { InspectedFile } from '#shared/ports/data-inspector.ts';

/** Formats that validate reads, by ending of the path. */
export type FileFormat = 'csv' | 'json-lines' | 'parquet';

/** How a path says what the file is. */
export interface FileKind {
  readonly format: FileFormat;
  readonly gzip: boolean;
}

/** @returns the kind that the ending of a path states, or undefined for one that validate does not read */
export function kindOf(path: string): FileKind | undefined {
  const match = /\.(csv|jsonl|ndjson|parquet)(\.gz)?$/i.exec(path);
  if (match === null) return undefined;
  const ending = (match[1] ?? '').toLowerCase();
  const gzip = match[2] !== undefined;
  if (ending === 'parquet') return gzip ? undefined : { format: 'parquet', gzip };
  return { format: ending === 'csv' ? 'csv' : 'json-lines', gzip };
}

/** Counts the bytes that validate may still write. */
export interface ByteBudget {
  leftBytes: number;
}

/**
 * Writes a file, decompressed, into the folder of the session under its digest: what users name never becomes a path.
 *
 * @returns the path on this machine, or `undefined` where it is not the gzip that its name says
 * @throws {WhenceError} `data-contract.too-large` beyond the budget, however small the file was compressed
 */
export async function fetchFile(
  folder: string,
  file: InspectedFile,
  kind: FileKind,
  budget: ByteBudget,
): Promise<string | undefined> {
  const target = join(folder, `${file.sha256}.${kind.format}`);
  const source = Readable.from(await file.open());
  const counter = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      budget.leftBytes -= chunk.length;
      if (budget.leftBytes < 0)
        done(
          new WhenceError(
            'data-contract.too-large',
            `With ${file.path} the data version is larger than ${limits.inspectBytes} bytes when decompressed.`,
            { details: { file: file.path, limitBytes: limits.inspectBytes } },
          ),
        );
      else done(null, chunk);
    },
  });
  const sink = createWriteStream(target, { mode: 0o600 });
  try {
    if (kind.gzip) await pipeline(source, createGunzip(), counter, sink);
    else await pipeline(source, counter, sink);
    return target;
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) return undefined;
    throw error;
  }
}
