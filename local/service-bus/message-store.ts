/** Messages in `node:sqlite`: what the broker accepted survives a crash. Locks do not: they are only memory. */
import { DatabaseSync } from 'node:sqlite';

/** A stored message. `body` is the encoded AMQP message. */
export interface StoredMessage {
  readonly sequence: number;
  readonly messageId: string;
  readonly body: Buffer;
  readonly enqueuedMs: number;
  /** Not before. */
  readonly visibleMs: number;
  readonly expiresMs: number | null;
  readonly deliveries: number;
  readonly state: 'active' | 'scheduled' | 'deferred';
  /** Set on dead letters: why. */
  readonly deadLetter: string | null;
}

/** A message to store. */
export type NewMessage = Omit<StoredMessage, 'sequence' | 'deliveries' | 'deadLetter'> & {
  readonly deadLetter?: string;
  readonly deliveries?: number;
};

const schema = `
CREATE TABLE IF NOT EXISTS messages (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, entity TEXT NOT NULL, message_id TEXT NOT NULL, body BLOB NOT NULL,
  enqueued_ms INTEGER NOT NULL, visible_ms INTEGER NOT NULL, expires_ms INTEGER, deliveries INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL, dead_letter TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS by_entity ON messages (entity, sequence);
CREATE TABLE IF NOT EXISTS seen (entity TEXT NOT NULL, message_id TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (entity, message_id)) STRICT, WITHOUT ROWID;
`;

/** The rows. */
export class MessageStore {
  readonly #db: DatabaseSync;

  /** @param file - path of the database, or `:memory:` */
  constructor(file: string) {
    this.#db = new DatabaseSync(file, { timeout: 5_000 });
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    this.#db.exec(schema);
  }

  /** Runs `write` in one transaction, all or nothing. */
  transaction<T>(write: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = write();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  add(entity: string, message: NewMessage): number {
    const { lastInsertRowid } = this.#db
      .prepare(
        'INSERT INTO messages (entity, message_id, body, enqueued_ms, visible_ms, expires_ms, deliveries, state, dead_letter) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(
        entity,
        message.messageId,
        message.body,
        message.enqueuedMs,
        message.visibleMs,
        message.expiresMs,
        message.deliveries ?? 0,
        message.state,
        message.deadLetter ?? null,
      );
    return Number(lastInsertRowid);
  }

  /** Remembers a message id. @returns whether it was new within the window */
  remember(entity: string, messageId: string, nowMs: number, windowMs: number): boolean {
    this.#db.prepare('DELETE FROM seen WHERE entity = ? AND at_ms < ?').run(entity, nowMs - windowMs);
    const { changes } = this.#db
      .prepare('INSERT OR IGNORE INTO seen (entity, message_id, at_ms) VALUES (?, ?, ?)')
      .run(entity, messageId, nowMs);
    return Number(changes) === 1;
  }

  update(
    sequence: number,
    change: { readonly body?: Buffer; readonly deliveries?: number; readonly state?: StoredMessage['state'] },
  ): void {
    const row = this.get(sequence);
    if (row === undefined) return;
    this.#db
      .prepare('UPDATE messages SET body = ?, deliveries = ?, state = ? WHERE sequence = ?')
      .run(change.body ?? row.body, change.deliveries ?? row.deliveries, change.state ?? row.state, sequence);
  }

  remove(sequence: number): void {
    this.#db.prepare('DELETE FROM messages WHERE sequence = ?').run(sequence);
  }

  get(sequence: number): StoredMessage | undefined {
    const row = this.#db.prepare('SELECT * FROM messages WHERE sequence = ?').get(sequence);
    return row === undefined ? undefined : toMessage(row);
  }

  /** Messages of an entity from a sequence number on, in order. */
  list(entity: string, from: number, limit: number): StoredMessage[] {
    return this.#db
      .prepare('SELECT * FROM messages WHERE entity = ? AND sequence >= ? ORDER BY sequence LIMIT ?')
      .all(entity, from, limit)
      .map(toMessage);
  }

  close(): void {
    this.#db.close();
  }
}

function toMessage(row: Record<string, unknown>): StoredMessage {
  return {
    sequence: Number(row['sequence']),
    messageId: String(row['message_id']),
    body: Buffer.from(row['body'] as Uint8Array),
    enqueuedMs: Number(row['enqueued_ms']),
    visibleMs: Number(row['visible_ms']),
    expiresMs: row['expires_ms'] === null ? null : Number(row['expires_ms']),
    deliveries: Number(row['deliveries']),
    state: String(row['state']) as StoredMessage['state'],
    deadLetter: row['dead_letter'] === null ? null : String(row['dead_letter']),
  };
}
