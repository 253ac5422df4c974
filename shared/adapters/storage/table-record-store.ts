import type { TableClient, TransactionAction } from '@azure/data-tables';

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

import { fromColumns, toColumns } from './row-value.ts';
import { faultOf, retryOptions, unavailable } from './storage-error.ts';
import type { StorageTarget } from './storage-target.ts';

/** Rows of a page unless asked otherwise. @source Query Entities: at most 1,000 */
const PAGE_ROWS = 1_000;

/** @returns the port over Azure Table storage; tables are created when first missed */
export function createRecordStore(target: StorageTarget): RecordStore {
  return new TableRecordStore(target);
}

class TableRecordStore implements RecordStore {
  readonly #target: StorageTarget;
  readonly #clients = new Map<string, Promise<TableClient>>();

  constructor(target: StorageTarget) {
    this.#target = target;
  }

  get<T extends RecordValue>(table: string, key: RecordKey): Promise<StoredRecord<T> | undefined> {
    return this.#do(table, `reading a row of ${table}`, async (client) => {
      try {
        const entity = await client.getEntity<Record<string, unknown>>(key.partition, key.row);
        return toRecord<T>(key, entity, entity.etag);
      } catch (error) {
        if (faultOf(error).code === 'TableNotFound') throw error;
        if (faultOf(error).status === 404) return undefined;
        throw error;
      }
    });
  }

  insert<T extends RecordValue>(table: string, key: RecordKey, value: T): Promise<InsertOutcome<T>> {
    const columns = toColumns(value);
    return this.#do(table, `inserting into ${table}`, async (client) => {
      try {
        const { etag } = await client.createEntity({ partitionKey: key.partition, rowKey: key.row, ...columns });
        return { outcome: 'inserted', record: { ...key, value, etag: etag ?? '' } };
      } catch (error) {
        if (faultOf(error).status !== 409 || faultOf(error).code === 'TableBeingDeleted') throw error;
        const record = await this.get<T>(table, key);
        if (record === undefined) throw error;
        return { outcome: 'exists', record };
      }
    });
  }

  replace<T extends RecordValue>(table: string, key: RecordKey, value: T, etag: string): Promise<ReplaceOutcome> {
    const columns = toColumns(value);
    return this.#do(table, `replacing a row of ${table}`, async (client) => {
      try {
        const result = await client.updateEntity(
          { partitionKey: key.partition, rowKey: key.row, ...columns },
          'Replace',
          { etag },
        );
        return { outcome: 'replaced', etag: result.etag ?? '' };
      } catch (error) {
        if (isGone(error)) return { outcome: 'conflict' };
        throw error;
      }
    });
  }

  remove(table: string, key: RecordKey, etag: string): Promise<boolean> {
    return this.#do(table, `removing a row of ${table}`, async (client) => {
      try {
        await client.deleteEntity(key.partition, key.row, { etag });
        return true;
      } catch (error) {
        if (isGone(error)) return false;
        throw error;
      }
    });
  }

  transact(table: string, partition: string, writes: readonly RecordWrite[]): Promise<'committed' | 'conflict'> {
    const actions = writes.map((write): TransactionAction => {
      const entity = { partitionKey: partition, rowKey: write.row, ...toColumns(write.value) };
      return write.kind === 'insert' ? ['create', entity] : ['update', entity, 'Replace', { etag: write.etag }];
    });
    return this.#do(table, `writing to ${table}`, async (client) => {
      try {
        await client.submitTransaction(actions);
        return 'committed';
      } catch (error) {
        const { status, code } = faultOf(error);
        if (code !== 'TableNotFound' && (status === 409 || status === 412 || status === 404)) return 'conflict';
        throw error;
      }
    });
  }

  query<T extends RecordValue>(table: string, partition: string, range: RecordRange = {}): Promise<RecordPage<T>> {
    return this.#do(table, `listing ${table}`, async (client) => {
      const { odata } = await import('@azure/data-tables');
      const from =
        range.after === undefined
          ? odata`PartitionKey eq ${partition}`
          : odata`PartitionKey eq ${partition} and RowKey gt ${range.after}`;
      const filter = [
        from,
        ...(range.from === undefined ? [] : [odata`RowKey ge ${range.from}`]),
        ...(range.to === undefined ? [] : [odata`RowKey lt ${range.to}`]),
      ].join(' and ');
      const limit = range.limit ?? PAGE_ROWS;
      const records: StoredRecord<T>[] = [];
      const entities = client
        .listEntities<Record<string, unknown>>({ queryOptions: { filter } })
        .byPage({ maxPageSize: Math.min(limit + 1, PAGE_ROWS) });
      // One row more than asked for: it tells whether more may follow.
      for await (const page of entities) {
        records.push(
          ...page.map((entity) => toRecord<T>({ partition, row: String(entity.rowKey) }, entity, entity.etag)),
        );
        if (records.length > limit) break;
      }
      const shown = records.slice(0, limit);
      const last = shown.at(-1);
      return records.length > limit && last !== undefined ? { records: shown, next: last.row } : { records: shown };
    });
  }

  /** Runs an operation; a missing table is created once and the operation done again. */
  async #do<Result>(table: string, what: string, operation: (client: TableClient) => Promise<Result>): Promise<Result> {
    const client = await this.#client(table);
    try {
      return await operation(client);
    } catch (error) {
      if (faultOf(error).code !== 'TableNotFound') throw unavailable(what, error);
    }
    try {
      await client.createTable();
      return await operation(client);
    } catch (error) {
      throw unavailable(what, error);
    }
  }

  #client(table: string): Promise<TableClient> {
    const known = this.#clients.get(table);
    if (known !== undefined) return known;
    const made = this.#connect(table);
    this.#clients.set(table, made);
    return made;
  }

  async #connect(table: string): Promise<TableClient> {
    const { TableClient } = await import('@azure/data-tables');
    const target = this.#target;
    if ('credential' in target) return new TableClient(target.url, table, target.credential, { retryOptions });
    return TableClient.fromConnectionString(target.connectionString, table, {
      retryOptions,
      allowInsecureConnection: true,
    });
  }
}

function toRecord<T extends RecordValue>(
  key: RecordKey,
  columns: Readonly<Record<string, unknown>>,
  etag: string,
): StoredRecord<T> {
  return { ...key, value: fromColumns(columns) as T, etag };
}

function isGone(error: unknown): boolean {
  const { status, code } = faultOf(error);
  return code !== 'TableNotFound' && (status === 412 || status === 404);
}
