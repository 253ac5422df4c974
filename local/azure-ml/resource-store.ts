/** Resources as JSON documents in `node:sqlite`, by their path below the workspace. */
import { DatabaseSync } from 'node:sqlite';

/** A stored resource: what clients see, and what only the stand-in knows. */
export interface Resource<Private = Readonly<Record<string, unknown>>> {
  /** Path below the workspace in lower case, as in `jobs/train-1`. */
  readonly path: string;
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly state: Private;
  readonly createdAt: string;
}

/** The documents. */
export class ResourceStore {
  readonly #db: DatabaseSync;

  /** @param file - path of the database, or `:memory:` */
  constructor(file: string) {
    this.#db = new DatabaseSync(file, { timeout: 5_000 });
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    this.#db.exec(
      'CREATE TABLE IF NOT EXISTS resources (path TEXT PRIMARY KEY, name TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL, created_at TEXT NOT NULL) STRICT',
    );
  }

  get<Private = Readonly<Record<string, unknown>>>(path: string): Resource<Private> | undefined {
    const row = this.#db.prepare('SELECT * FROM resources WHERE path = ?').get(path.toLowerCase());
    return row === undefined ? undefined : toResource<Private>(row);
  }

  /** Children of a collection, as in `jobs` or `data/x/versions`, newest first. */
  list<Private = Readonly<Record<string, unknown>>>(collection: string): Resource<Private>[] {
    const prefix = `${collection.toLowerCase()}/`;
    const rows = this.#db
      .prepare('SELECT * FROM resources WHERE substr(path, 1, ?) = ? ORDER BY created_at DESC, path')
      .all(prefix.length, prefix);
    return rows.map((row) => toResource<Private>(row)).filter((one) => !one.path.slice(prefix.length).includes('/'));
  }

  put(path: string, name: string, body: object, state: object): void {
    const createdAt = this.get(path)?.createdAt ?? new Date().toISOString();
    this.#db
      .prepare('INSERT OR REPLACE INTO resources (path, name, body, state, created_at) VALUES (?, ?, ?, ?, ?)')
      .run(path.toLowerCase(), name, JSON.stringify(body), JSON.stringify(state), createdAt);
  }

  remove(path: string): void {
    this.#db.prepare('DELETE FROM resources WHERE path = ?').run(path.toLowerCase());
  }

  close(): void {
    this.#db.close();
  }
}

function toResource<Private>(row: Record<string, unknown>): Resource<Private> {
  return {
    path: String(row['path']),
    name: String(row['name']),
    body: JSON.parse(String(row['body'])) as Resource['body'],
    state: JSON.parse(String(row['state'])) as Private,
    createdAt: String(row['created_at']),
  };
}
