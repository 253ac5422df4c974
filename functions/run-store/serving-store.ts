import { servingRecord, servingTable, type ServingRecord } from '#shared/contracts/records/serving.ts';
import type { RecordStore } from '#shared/ports/record-store.ts';

/** A serving record as read; `etag` undefined: there is none yet. */
export interface ReadServing {
  readonly record: ServingRecord | undefined;
  readonly etag: string | undefined;
}

/** @returns what the endpoint serves, as Whence wants it */
export async function readServing(records: RecordStore, endpoint: string): Promise<ReadServing> {
  const stored = await records.get(servingTable.table, { partition: servingTable.partition, row: endpoint });
  return stored === undefined
    ? { record: undefined, etag: undefined }
    : { record: servingRecord.parse(stored.value), etag: stored.etag };
}

/**
 * Changes a serving record on what was read.
 *
 * @returns false if it was changed meanwhile: read again
 */
export async function writeServing(records: RecordStore, read: ReadServing, next: ServingRecord): Promise<boolean> {
  const key = { partition: servingTable.partition, row: next.endpoint };
  if (read.etag === undefined) return (await records.insert(servingTable.table, key, next)).outcome === 'inserted';
  return (await records.replace(servingTable.table, key, next, read.etag)).outcome === 'replaced';
}

/** @returns all serving records */
export async function listServing(records: RecordStore): Promise<readonly ServingRecord[]> {
  const found: ServingRecord[] = [];
  let after: string | undefined;
  do {
    const page = await records.query(servingTable.table, servingTable.partition, after === undefined ? {} : { after });
    found.push(...page.records.map((record) => servingRecord.parse(record.value)));
    after = page.next;
  } while (after !== undefined);
  return found;
}
