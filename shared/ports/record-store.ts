/**
 * Small rows with optimistic concurrency: what the protocol needs of Azure Table storage, and nothing more.
 *
 * Implementations: `shared/adapters/storage/table-record-store.ts` and, for tests, `test/support/memory-record-store.ts`.
 * One contract suite runs over both.
 */

/** Plain JSON object stored in a row; at most `limits.recordBytes` as JSON. */
export type RecordValue = Readonly<Record<string, unknown>>;

/** Where a row lives. Both parts are `[A-Za-z0-9_.-]`, at most 512 characters; hash what users name. */
export interface RecordKey {
  readonly partition: string;
  readonly row: string;
}

/** A row as it was read. `etag` changes with every write. */
export interface StoredRecord<T extends RecordValue = RecordValue> extends RecordKey {
  readonly value: T;
  readonly etag: string;
}

/** What an insert found: it was absent and is now stored, or somebody's row (perhaps mine) is there. */
export type InsertOutcome<T extends RecordValue> =
  | { readonly outcome: 'inserted'; readonly record: StoredRecord<T> }
  | { readonly outcome: 'exists'; readonly record: StoredRecord<T> };

/** What a conditional replace found. `conflict` covers a changed and a missing row. */
export type ReplaceOutcome = { readonly outcome: 'replaced'; readonly etag: string } | { readonly outcome: 'conflict' };

/** One write of a {@link RecordStore.transact}. */
export type RecordWrite =
  | { readonly kind: 'insert'; readonly row: string; readonly value: RecordValue }
  | { readonly kind: 'replace'; readonly row: string; readonly value: RecordValue; readonly etag: string };

/** Rows `from <= row < to` (both optional) of one partition, in row order. */
export interface RecordRange {
  readonly from?: string;
  readonly to?: string;
  /** Rows a page, 1 to 1000. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** A page of rows; `next` is there while more may follow. */
export interface RecordPage<T extends RecordValue> {
  readonly records: readonly StoredRecord<T>[];
  readonly next?: string;
}

/**
 * The port. Every method throws `WhenceError` with code `storage.unavailable` (transient) when the store does not
 * answer, and the write it was asked for may or may not have happened then.
 */
export interface RecordStore {
  /** @returns the row, or undefined */
  get<T extends RecordValue>(table: string, key: RecordKey): Promise<StoredRecord<T> | undefined>;
  /** Stores the row if there is none; otherwise returns the one that is there. First writer wins. */
  insert<T extends RecordValue>(table: string, key: RecordKey, value: T): Promise<InsertOutcome<T>>;
  /** Stores the row if it still has `etag`. */
  replace<T extends RecordValue>(table: string, key: RecordKey, value: T, etag: string): Promise<ReplaceOutcome>;
  /** Removes the row if it still has `etag`; false if it changed or is gone. */
  remove(table: string, key: RecordKey, etag: string): Promise<boolean>;
  /** All writes (1 to 100) of one partition, or none. */
  transact(table: string, partition: string, writes: readonly RecordWrite[]): Promise<'committed' | 'conflict'>;
  /** One page of a partition in row order. */
  query<T extends RecordValue>(table: string, partition: string, range?: RecordRange): Promise<RecordPage<T>>;
}
