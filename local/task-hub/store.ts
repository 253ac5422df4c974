/**
 * The task hub's rows in `node:sqlite`. Everything that one turn changes is written in one transaction; several turns
 * share a transaction when they end together.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';

import type { HistoryEvent } from './history.ts';
import type { InboxMessage, Instance, ParentReference, RuntimeStatus } from './instance.ts';

const schema = `
CREATE TABLE IF NOT EXISTS instances (
  row_id INTEGER PRIMARY KEY, id TEXT NOT NULL, execution_id TEXT NOT NULL, name TEXT NOT NULL, version TEXT, status TEXT NOT NULL,
  input TEXT, output TEXT, custom_status TEXT, suspend_reason TEXT, parent TEXT, next_input TEXT, pending_end TEXT,
  created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS history (instance_row INTEGER NOT NULL, seq INTEGER NOT NULL, events TEXT NOT NULL, PRIMARY KEY (instance_row, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox (row_id INTEGER PRIMARY KEY, instance_id TEXT NOT NULL, message TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS work (row_id INTEGER PRIMARY KEY, instance_id TEXT NOT NULL, execution_id TEXT NOT NULL, task_id INTEGER NOT NULL, name TEXT NOT NULL, input TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS timers (row_id INTEGER PRIMARY KEY, instance_id TEXT NOT NULL, execution_id TEXT NOT NULL, task_id INTEGER NOT NULL, fire_ms INTEGER NOT NULL) STRICT;
`;

/** An activity to run. `input` is the text that the trigger gets. */
export interface WorkRow {
  readonly rowId: number;
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly name: string;
  readonly input: string;
}

/** A timer to fire. */
export interface TimerRow {
  readonly rowId: number;
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly fireMs: number;
}

/** The rows. All methods are synchronous; call writes inside {@link TaskHubStore.transaction}. */
export class TaskHubStore {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Commits so far, for counts. */
  commits = 0;

  /** @param file - path of the database, or `:memory:` */
  constructor(file: string) {
    this.#db = new DatabaseSync(file, { timeout: 5_000 });
    this.#db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    this.#db.exec(schema);
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

  /** Events of one turn are one row. */
  appendHistory({ rowId }: Instance, from: number, events: readonly HistoryEvent[]): void {
    this.#run('INSERT INTO history (instance_row, seq, events) VALUES (?, ?, ?)', rowId, from, JSON.stringify(events));
  }

  clearHistory({ rowId }: Instance): void {
    this.#run('DELETE FROM history WHERE instance_row = ?', rowId);
  }

  /** Removes everything of an instance. */
  removeInstance(instance: Instance): void {
    this.clearHistory(instance);
    for (const table of ['inbox', 'work', 'timers'])
      this.#run(`DELETE FROM ${table} WHERE instance_id = ?`, instance.id);
    this.#run('DELETE FROM instances WHERE row_id = ?', instance.rowId);
  }

  /** Removes what an instance has scheduled and not yet got. */
  removePending(instanceId: string): void {
    for (const table of ['work', 'timers']) this.#run(`DELETE FROM ${table} WHERE instance_id = ?`, instanceId);
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

  addWork(work: Omit<WorkRow, 'rowId'>): WorkRow {
    const { lastInsertRowid } = this.#run(
      'INSERT INTO work (instance_id, execution_id, task_id, name, input) VALUES (?, ?, ?, ?, ?)',
      work.instanceId,
      work.executionId,
      work.taskId,
      work.name,
      work.input,
    );
    return { ...work, rowId: Number(lastInsertRowid) };
  }

  removeWork(rowId: number): void {
    this.#run('DELETE FROM work WHERE row_id = ?', rowId);
  }

  addTimer(timer: Omit<TimerRow, 'rowId'>): TimerRow {
    const { lastInsertRowid } = this.#run(
      'INSERT INTO timers (instance_id, execution_id, task_id, fire_ms) VALUES (?, ?, ?, ?)',
      timer.instanceId,
      timer.executionId,
      timer.taskId,
      timer.fireMs,
    );
    return { ...timer, rowId: Number(lastInsertRowid) };
  }

  removeTimer(rowId: number): void {
    this.#run('DELETE FROM timers WHERE row_id = ?', rowId);
  }

  loadInstances(): Instance[] {
    return this.#all('SELECT * FROM instances ORDER BY row_id').map((row) => {
      const history = this.#loadHistory(Number(row['row_id']));
      return {
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
    });
  }

  #loadHistory(instanceRow: number): HistoryEvent[] {
    return this.#all('SELECT events FROM history WHERE instance_row = ? ORDER BY seq', instanceRow).flatMap(
      ({ events }) => JSON.parse(String(events)) as HistoryEvent[],
    );
  }

  loadInbox(): InboxMessage[] {
    return this.#all('SELECT row_id, message FROM inbox ORDER BY row_id').map((row) => ({
      ...(JSON.parse(String(row['message'])) as InboxMessage),
      rowId: Number(row['row_id']),
    }));
  }

  loadWork(): WorkRow[] {
    return this.#all('SELECT * FROM work ORDER BY row_id').map((row) => ({
      rowId: Number(row['row_id']),
      instanceId: String(row['instance_id']),
      executionId: String(row['execution_id']),
      taskId: Number(row['task_id']),
      name: String(row['name']),
      input: String(row['input']),
    }));
  }

  loadTimers(): TimerRow[] {
    return this.#all('SELECT * FROM timers ORDER BY row_id').map((row) => ({
      rowId: Number(row['row_id']),
      instanceId: String(row['instance_id']),
      executionId: String(row['execution_id']),
      taskId: Number(row['task_id']),
      fireMs: Number(row['fire_ms']),
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
