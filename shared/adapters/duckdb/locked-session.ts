import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';

import { limits } from '#shared/domain/limits.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

/** A row as plain data: 64-bit integers are text, as DuckDB's JSON form has them. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * A database in memory that can read one folder and do nothing else: no other file, no network, no extension, no
 * change of its settings, bounded memory, spill and time. The folder lives as long as the session.
 *
 * @source DuckDB documentation, "Securing DuckDB": allowed_directories, enable_external_access, lock_configuration
 */
export class LockedSession implements AsyncDisposable {
  /** The only folder that it reads. */
  readonly folder: string;
  readonly #connection: DuckDBConnection;
  readonly #close: () => void;
  readonly #deadline: NodeJS.Timeout;
  #expired = false;

  private constructor(folder: string, connection: DuckDBConnection, close: () => void) {
    this.folder = folder;
    this.#connection = connection;
    this.#close = close;
    this.#deadline = setTimeout(() => {
      this.#expired = true;
      connection.interrupt();
    }, limits.inspectMs);
  }

  /** Opens a session with an empty folder. */
  static async open(): Promise<LockedSession> {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const root = await mkdtemp(join(tmpdir(), 'whence-inspect-'));
    const folder = join(root, 'data');
    await mkdir(folder, { mode: 0o700 });
    const instance = await DuckDBInstance.create(':memory:', {
      threads: '2',
      memory_limit: `${limits.inspectMemoryMb}MB`,
      temp_directory: join(root, 'spill'),
      max_temp_directory_size: `${limits.inspectSpillMb}MB`,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
      allow_unsigned_extensions: 'false',
      preserve_insertion_order: 'true',
    });
    const connection = await instance.connect();
    await connection.run(
      `SET allowed_directories = [${[folder, join(root, 'spill')].map((one) => literal(`${one}/`)).join(', ')}]`,
    );
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    return new LockedSession(folder, connection, () => {
      connection.closeSync();
      instance.closeSync();
    });
  }

  /**
   * Runs a query and reads all of its rows.
   *
   * @param sql - identifiers quoted by {@link identifier}; values only as `$1`, `$2`, …
   * @throws {WhenceError} `data-contract.too-large` when memory, spill or time are used up
   */
  async query(sql: string, values: readonly DuckDBValue[] = []): Promise<readonly Row[]> {
    // An interrupt that comes while no query runs is lost.
    this.checkTime();
    try {
      const reader = await this.#connection.runAndReadAll(sql, [...values]);
      return reader.getRowObjectsJson();
    } catch (error) {
      throw this.#tooLarge(error) ?? error;
    }
  }

  /** @throws {WhenceError} `data-contract.too-large` when the time is used up */
  checkTime(): void {
    if (this.#expired) throw tooLate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#deadline);
    this.#close();
    await rm(join(this.folder, '..'), { recursive: true, force: true });
  }

  #tooLarge(error: unknown): WhenceError | undefined {
    const text = error instanceof Error ? error.message : String(error);
    if (this.#expired) return tooLate(error);
    if (/out of memory|max_temp_directory_size|memory limit/i.test(text)) {
      return new WhenceError(
        'data-contract.too-large',
        `The check needs more than ${limits.inspectMemoryMb} MB of memory and ${limits.inspectSpillMb} MB of disk.`,
        { cause: error },
      );
    }
    return undefined;
  }
}

function tooLate(cause?: unknown): WhenceError {
  return new WhenceError(
    'data-contract.too-large',
    `The check took longer than ${limits.inspectMs / 60_000} minutes.`,
    cause === undefined ? {} : { cause },
  );
}

/** @returns a quoted identifier */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A quoted literal, for the few settings that take no parameter; never for data. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
