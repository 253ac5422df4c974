import { limits } from '#shared/domain/limits.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type {
  InsertOutcome,
  RecordKey,
  RecordPage,
  RecordRange,
  RecordStore,
  RecordValue,
  RecordWrite,
  ReplaceOutcome,
  StoredRecord,
} from '#shared/ports/record-store.ts';

/** Rows of a page unless asked otherwise. @source Query Entities: at most 1,000 */
const PAGE_ROWS = 1_000;

/** A write that happened, as an observer sees it. */
export interface RecordChange {
  readonly table: string;
  readonly key: RecordKey;
  readonly before: RecordValue | undefined;
  readonly after: RecordValue | undefined;
}

interface Row {
  readonly json: string;
  readonly etag: string;
}

/** The record store in memory: values are kept as JSON, so that nothing is shared between writer and reader. */
export class MemoryRecordStore implements RecordStore {
  readonly #tables = new Map<string, Map<string, Map<string, Row>>>();
  readonly #observe: (change: RecordChange) => void;
  #writes = 0;

  /** @param observe - told of every write, at the moment it happens */
  constructor(observe: (change: RecordChange) => void = () => undefined) {
    this.#observe = observe;
  }

  async get<T extends RecordValue>(table: string, key: RecordKey): Promise<StoredRecord<T> | undefined> {
    const row = this.#partition(table, key.partition).get(key.row);
    return row === undefined ? undefined : toRecord<T>(key, row);
  }

  async insert<T extends RecordValue>(table: string, key: RecordKey, value: T): Promise<InsertOutcome<T>> {
    const there = this.#partition(table, key.partition).get(key.row);
    if (there !== undefined) return { outcome: 'exists', record: toRecord<T>(key, there) };
    return { outcome: 'inserted', record: toRecord<T>(key, this.#write(table, key, value)) };
  }

  async replace<T extends RecordValue>(table: string, key: RecordKey, value: T, etag: string): Promise<ReplaceOutcome> {
    if (this.#partition(table, key.partition).get(key.row)?.etag !== etag) return { outcome: 'conflict' };
    return { outcome: 'replaced', etag: this.#write(table, key, value).etag };
  }

  async remove(table: string, key: RecordKey, etag: string): Promise<boolean> {
    const partition = this.#partition(table, key.partition);
    const row = partition.get(key.row);
    if (row?.etag !== etag) return false;
    partition.delete(key.row);
    this.#observe({ table, key, before: valueOf(row), after: undefined });
    return true;
  }

  async transact(table: string, partition: string, writes: readonly RecordWrite[]): Promise<'committed' | 'conflict'> {
    const rows = this.#partition(table, partition);
    const holds = writes.every((write) =>
      write.kind === 'insert' ? !rows.has(write.row) : rows.get(write.row)?.etag === write.etag,
    );
    if (!holds) return 'conflict';
    for (const write of writes) this.#write(table, { partition, row: write.row }, write.value);
    return 'committed';
  }

  async query<T extends RecordValue>(
    table: string,
    partition: string,
    { from, to, limit = PAGE_ROWS, after }: RecordRange = {},
  ): Promise<RecordPage<T>> {
    const found = [...this.#partition(table, partition)]
      .filter(
        ([row]) =>
          (from === undefined || row >= from) && (to === undefined || row < to) && (after === undefined || row > after),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const records = found.slice(0, limit).map(([row, stored]) => toRecord<T>({ partition, row }, stored));
    const last = records.at(-1);
    return found.length > limit && last !== undefined ? { records, next: last.row } : { records };
  }

  #write(table: string, key: RecordKey, value: RecordValue): Row {
    const partition = this.#partition(table, key.partition);
    const before = partition.get(key.row);
    const json = JSON.stringify(value);
    if (json.length > limits.recordBytes)
      throw new WhenceError('storage.record-too-large', `A record has ${json.length} characters.`);
    this.#writes += 1;
    const row = { json, etag: `W/"${this.#writes}"` };
    partition.set(key.row, row);
    this.#observe({
      table,
      key,
      before: before === undefined ? undefined : valueOf(before),
      after: valueOf(row),
    });
    return row;
  }

  #partition(table: string, partition: string): Map<string, Row> {
    let partitions = this.#tables.get(table);
    if (partitions === undefined) this.#tables.set(table, (partitions = new Map()));
    let rows = partitions.get(partition);
    if (rows === undefined) partitions.set(partition, (rows = new Map()));
    return rows;
  }
}

function valueOf(row: Row): RecordValue {
  return JSON.parse(row.json) as RecordValue;
}

function toRecord<T extends RecordValue>(key: RecordKey, row: Row): StoredRecord<T> {
  return { ...key, value: valueOf(row) as T, etag: row.etag };
}
