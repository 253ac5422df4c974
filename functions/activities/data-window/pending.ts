import { arrivalTable, openArrival, type JudgedArrival, type OpenArrival } from '#shared/contracts/records/arrival.ts';
import {
  openRequest,
  requestTable,
  resolvedRequest,
  type OpenRequest,
  type RequestKind,
  type ResolvedRequest,
} from '#shared/contracts/records/request.ts';
import { arrivalKey } from '#shared/domain/data-window/keys.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { RecordStore, StoredRecord } from '#shared/ports/record-store.ts';

import { isoNow, type ProtocolDependencies } from './protocol-dependencies.ts';

/** Partition of arrivals that no pipeline wants. */
export const NOBODY = '-';

/**
 * Records that a blob version was seen.
 *
 * @returns `known` if it was judged before: nothing is to be touched for it
 */
export async function recordArrival(
  deps: ProtocolDependencies,
  pipeline: string,
  path: string,
  etag: string,
): Promise<'recorded' | 'known'> {
  const key = arrivalKey(path, etag);
  if ((await deps.records.get(arrivalTable, { partition: pipeline, row: `judged-${key}` })) !== undefined)
    return 'known';
  const arrival: OpenArrival = { schemaVersion: 1, path, etag, seenAt: isoNow(deps) };
  await deps.records.insert(arrivalTable, { partition: pipeline, row: `open-${key}` }, arrival);
  return 'recorded';
}

/** Gives an arrival its outcome, once; then it is open no more. */
export async function judge(deps: ProtocolDependencies, pipeline: string, judged: JudgedArrival): Promise<void> {
  const key = arrivalKey(judged.path, judged.etag);
  await deps.records.insert(arrivalTable, { partition: pipeline, row: `judged-${key}` }, judged);
  await removeRow(deps.records, arrivalTable, pipeline, `open-${key}`);
}

/** @returns the arrivals that wait for their outcome, with their keys */
export async function openArrivals(
  deps: ProtocolDependencies,
  pipeline: string,
): Promise<{ readonly key: string; readonly arrival: OpenArrival }[]> {
  const rows = await allRows(deps.records, arrivalTable, pipeline, 'open-', 'open-~');
  return rows.map((record) => ({ key: record.row.slice('open-'.length), arrival: openArrival.parse(record.value) }));
}

/** A request to be made. */
export interface NewRequest {
  readonly requestId: string;
  readonly kind: RequestKind;
  readonly by: string;
  readonly bodyDigest: string;
  readonly reason?: string;
}

/**
 * Writes a request, once. Touch afterwards.
 *
 * @returns the request that is there now, open or resolved
 * @throws {WhenceError} `http.idempotency-key-reused` if the id stands for something else
 */
export async function createRequest(
  deps: ProtocolDependencies,
  pipeline: string,
  wish: NewRequest,
): Promise<OpenRequest | ResolvedRequest> {
  const before = await findRequest(deps, pipeline, wish.requestId);
  const request: OpenRequest = { schemaVersion: 1, ...wish, createdAt: isoNow(deps) };
  const now =
    before ??
    openRequest.parse(
      (await deps.records.insert(requestTable, { partition: pipeline, row: `open-${wish.requestId}` }, request)).record
        .value,
    );
  if (now.bodyDigest !== wish.bodyDigest)
    throw new WhenceError('http.idempotency-key-reused', 'This Idempotency-Key was used for another request.');
  return now;
}

/** @returns a request, resolved or open, or undefined */
export async function findRequest(
  deps: Pick<ProtocolDependencies, 'records'>,
  pipeline: string,
  requestId: string,
): Promise<OpenRequest | ResolvedRequest | undefined> {
  const resolved = await deps.records.get(requestTable, { partition: pipeline, row: `resolved-${requestId}` });
  if (resolved !== undefined) return resolvedRequest.parse(resolved.value);
  const open = await deps.records.get(requestTable, { partition: pipeline, row: `open-${requestId}` });
  return open === undefined ? undefined : openRequest.parse(open.value);
}

/** @returns the requests that wait. One that was resolved meanwhile (a late repetition wrote it again) is removed. */
export async function openRequests(deps: ProtocolDependencies, pipeline: string): Promise<OpenRequest[]> {
  const open: OpenRequest[] = [];
  for (const { row, value, etag } of await allRows(deps.records, requestTable, pipeline, 'open-', 'open-~')) {
    const request = openRequest.parse(value);
    const resolved = { partition: pipeline, row: `resolved-${request.requestId}` };
    if ((await deps.records.get(requestTable, resolved)) === undefined) open.push(request);
    else await deps.records.remove(requestTable, { partition: pipeline, row }, etag);
  }
  return open;
}

/** Resolves a request, once; then it is open no more. */
export async function resolveRequest(
  deps: ProtocolDependencies,
  pipeline: string,
  requestId: string,
  how: Pick<ResolvedRequest, 'resolution' | 'generation' | 'runId'>,
): Promise<void> {
  const row = { partition: pipeline, row: `open-${requestId}` };
  const open = await deps.records.get(requestTable, row);
  if (open === undefined) return;
  const resolved: ResolvedRequest = { ...openRequest.parse(open.value), ...how, resolvedAt: isoNow(deps) };
  await deps.records.insert(requestTable, { partition: pipeline, row: `resolved-${requestId}` }, resolved);
  await deps.records.remove(requestTable, row, open.etag);
}

async function removeRow(records: RecordStore, table: string, partition: string, row: string): Promise<void> {
  const stored = await records.get(table, { partition, row });
  if (stored !== undefined) await records.remove(table, { partition, row }, stored.etag);
}

async function allRows(
  records: RecordStore,
  table: string,
  partition: string,
  from: string,
  to: string,
): Promise<StoredRecord[]> {
  const rows: StoredRecord[] = [];
  let after: string | undefined;
  do {
    const page = await records.query(table, partition, after === undefined ? { from, to } : { from, to, after });
    rows.push(...page.records);
    after = page.next;
  } while (after !== undefined);
  return rows;
}
