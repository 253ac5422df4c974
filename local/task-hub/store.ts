/**
 * The task hub's rows in `node:sqlite`. Everything that one turn changes is written in one transaction; several turns
 * share a transaction when they end together.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';

import type { HistoryEvent } from './history.ts';
import type { TurnEffects } from './pending.ts';
import type { InboxMessage, Instance, ParentReference, RuntimeStatus } from './instance.ts';

/** Raised whenever the tables change; state of another one is refused, not guessed at. */
const SCHEMA_VERSION = 2;

const schema = `
CREATE TABLE IF NOT EXISTS instances (
  row_id INTEGER PRIMARY KEY, id TEXT NOT NULL, execution_id TEXT NOT NULL, name TEXT NOT NULL, version TEXT, status TEXT NOT NULL,
  input TEXT, output TEXT, custom_status TEXT, suspend_reason TEXT, parent TEXT, next_input TEXT, pending_end TEXT,
  created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS turns (instance_row INTEGER NOT NULL, seq INTEGER NOT NULL, events TEXT NOT NULL, effects TEXT, PRIMARY KEY (instance_row, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox (row_id INTEGER PRIMARY KEY, instance_id TEXT NOT NULL, message TEXT NOT NULL) STRICT;
`;

/** The rows. All methods are synchronous; call writes inside {@link TaskHubStore.transaction}. */
export class TaskHubStore {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Commits so far, for counts. */
  commits = 0;

  /**
   * @param file - path of the database, or `:memory:`
   * @throws Error when another release wrote it
   */
  constructor(file: string) {
    this.#db = new DatabaseSync(file, { timeout: 5_000 });
    this.#db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    const used = this.#db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'instances'").get() !== undefined;
    const version = this.#db.prepare('PRAGMA user_version').get()?.['user_version'];
    if (used && version !== SCHEMA_VERSION) {
      this.#db.close();
      throw new Error(
        `The task hub in ${file} was written by another release of Whence (state ${String(version)}, this one reads ${SCHEMA_VERSION}). Finish its runs with that release, or move the folder away to start afresh.`,
      );
    }
    this.#db.exec(`${schema}PRAGMA user_version = ${SCHEMA_VERSION};`);
  }

  /** Runs `write` in one transaction, all or nothing. */
  transaction<T>(write: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = write();
      this.#db.exec('COMMIT');
      this.commits += 1;
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  saveInstance(instance: Instance): void {
    this.#run(
      'INSERT OR REPLACE INTO instances (row_id, id, execution_id, name, version, status, input, output, custom_status, suspend_reason, parent, next_input, pending_end, created_ms, updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      instance.rowId,
      instance.id,
      instance.executionId,
      instance.name,
      instance.version,
      instance.status,
      instance.input,
      instance.output,
      instance.customStatus,
      instance.suspendReason,
      instance.parent === undefined ? null : JSON.stringify(instance.parent),
      instance.nextInput,
      instance.pendingEnd === undefined ? null : JSON.stringify(instance.pendingEnd),
      instance.createdAtMs,
      instance.updatedAtMs,
    );
  }

  /** A turn is one row. @param from - events before it */
  appendTurn({ rowId }: Instance, from: number, events: readonly HistoryEvent[], effects?: TurnEffects): void {
    this.#run(
      'INSERT INTO turns (instance_row, seq, events, effects) VALUES (?, ?, ?, ?)',
      rowId,
      from,
      JSON.stringify(events),
      effects === undefined ? null : JSON.stringify(effects),
    );
  }

  clearTurns({ rowId }: Instance): void {
    this.#run('DELETE FROM turns WHERE instance_row = ?', rowId);
  }

  /** Removes everything of an instance. */
  removeInstance(instance: Instance): void {
    this.clearTurns(instance);
    this.#run('DELETE FROM inbox WHERE instance_id = ?', instance.id);
    this.#run('DELETE FROM instances WHERE row_id = ?', instance.rowId);
  }

  addMessage(message: InboxMessage): InboxMessage {
    const { lastInsertRowid } = this.#run(
      'INSERT INTO inbox (instance_id, message) VALUES (?, ?)',
      message.instanceId,
      JSON.stringify(message),
    );
    return { ...message, rowId: Number(lastInsertRowid) };
  }

  removeMessage(rowId: number): void {
    this.#run('DELETE FROM inbox WHERE row_id = ?', rowId);
  }

  loadInstances(): { readonly instance: Instance; readonly effects: readonly TurnEffects[] }[] {
    return this.#all('SELECT * FROM instances ORDER BY row_id').map((row) => {
      const { history, effects } = this.#loadTurns(Number(row['row_id']));
      const instance: Instance = {
        rowId: Number(row['row_id']),
        id: String(row['id']),
        executionId: String(row['execution_id']),
        name: String(row['name']),
        version: text(row['version']),
        status: String(row['status']) as RuntimeStatus,
        input: text(row['input']),
        output: text(row['output']),
        customStatus: text(row['custom_status']),
        suspendReason: text(row['suspend_reason']),
        parent: row['parent'] === null ? undefined : (JSON.parse(String(row['parent'])) as ParentReference),
        nextInput: text(row['next_input']),
        pendingEnd:
          row['pending_end'] === null
            ? undefined
            : (JSON.parse(String(row['pending_end'])) as NonNullable<Instance['pendingEnd']>),
        createdAtMs: Number(row['created_ms']),
        // A turn that changes nothing but the history does not write the row.
        updatedAtMs: Math.max(Number(row['updated_ms']), Date.parse(history.at(-1)?.Timestamp ?? '') || 0),
        history,
      };
      return { instance, effects };
    });
  }

  #loadTurns(instanceRow: number): { readonly history: HistoryEvent[]; readonly effects: TurnEffects[] } {
    const rows = this.#all('SELECT events, effects FROM turns WHERE instance_row = ? ORDER BY seq', instanceRow);
    return {
      history: rows.flatMap(({ events }) => JSON.parse(String(events)) as HistoryEvent[]),
      effects: rows.flatMap(({ effects }) => (effects === null ? [] : [JSON.parse(String(effects)) as TurnEffects])),
    };
  }

  loadInbox(): InboxMessage[] {
    return this.#all('SELECT row_id, message FROM inbox ORDER BY row_id').map((row) => ({
      ...(JSON.parse(String(row['message'])) as InboxMessage),
      rowId: Number(row['row_id']),
    }));
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#db.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }

  #run(sql: string, ...values: (string | number | null)[]): { lastInsertRowid: number | bigint } {
    return this.#statement(sql).run(...values);
  }

  #all(sql: string, ...values: (string | number | null)[]): Record<string, unknown>[] {
    return this.#statement(sql).all(...values);
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
