/** Events that were accepted and not yet delivered; they survive a crash. */
import { DatabaseSync } from 'node:sqlite';

/** An event to deliver. */
export interface OutboxEvent {
  readonly id: number;
  readonly event: Readonly<Record<string, unknown>>;
}

/** The rows. */
export class Outbox {
  readonly #db: DatabaseSync;

  /** @param file - path of the database, or `:memory:` */
  constructor(file: string) {
    this.#db = new DatabaseSync(file, { timeout: 5_000 });
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    this.#db.exec(
      'CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL) STRICT',
    );
  }

  add(event: Readonly<Record<string, unknown>>): OutboxEvent {
    const { lastInsertRowid } = this.#db.prepare('INSERT INTO outbox (event) VALUES (?)').run(JSON.stringify(event));
    return { id: Number(lastInsertRowid), event };
  }

  all(): OutboxEvent[] {
    return this.#db
      .prepare('SELECT id, event FROM outbox ORDER BY id')
      .all()
      .map((row) => ({ id: Number(row['id']), event: JSON.parse(String(row['event'])) as OutboxEvent['event'] }));
  }

  remove(id: number): void {
    this.#db.prepare('DELETE FROM outbox WHERE id = ?').run(id);
  }

  close(): void {
    this.#db.close();
  }
}
