import type { z } from 'zod';

import {
  runEvent,
  runEventRow,
  runHead,
  runHeadRow,
  runIndexEntry,
  runIndexRow,
  runIndexTable,
  runTable,
  type RunEvent,
  type RunHead,
  type RunIndexEntry,
} from '#shared/contracts/records/run.ts';
import { terminalRunStatuses } from '#shared/domain/run/statuses.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { RecordStore, StoredRecord } from '#shared/ports/record-store.ts';

/** What the run store needs. */
export interface RunStoreDependencies {
  readonly records: RecordStore;
  readonly clock: Clock;
}

/** An event to append. */
export interface NewRunEvent
  extends Pick<RunEvent, 'type' | 'summary' | 'data'>, Partial<Pick<RunEvent, 'step' | 'attempt'>> {
  /** Identity within the run: the same key is appended once. */
  readonly key: string;
}

/** How often a lost race for the head is tried again; a run has few writers. */
const HEAD_ATTEMPTS = 20;

/**
 * Creates the head of a run with its first event, or finds the one that is there.
 *
 * @param head - the head without events
 * @param event - the first event
 * @returns the head as stored
 */
export async function createRun(deps: RunStoreDependencies, head: RunHead, event: NewRunEvent): Promise<RunHead> {
  const first: RunHead = { ...head, eventKeys: { [event.key]: 1 } };
  const stored = toEvent(head.runId, 1, head.createdAt, event);
  const outcome = await deps.records.transact(runTable, head.runId, [
    { kind: 'insert', row: runHeadRow, value: first },
    { kind: 'insert', row: runEventRow(1), value: stored },
  ]);
  const current = outcome === 'committed' ? first : await requireRun(deps, head.runId);
  await writeIndex(deps, current);
  return current;
}

/** @returns the head of a run, or undefined */
export async function findRun(
  deps: Pick<RunStoreDependencies, 'records'>,
  runId: string,
): Promise<RunHead | undefined> {
  const record = await readHead(deps, runId);
  return record === undefined ? undefined : runHead.parse(record.value);
}

/**
 * @returns the head of a run
 * @throws {WhenceError} `run.unknown`
 */
export async function requireRun(deps: Pick<RunStoreDependencies, 'records'>, runId: string): Promise<RunHead> {
  const head = await findRun(deps, runId);
  if (head === undefined) throw new WhenceError('run.unknown', `There is no run ${runId}.`, { details: { runId } });
  return head;
}

/**
 * Appends an event and changes the head with it, in one transaction. An event whose key is there already changes
 * nothing, so activities may run again.
 *
 * @param change - pure change of the head that goes with the event
 * @returns the head after it
 * @throws {WhenceError} `run.unknown`; `storage.unavailable` (transient)
 */
export async function appendRunEvent(
  deps: RunStoreDependencies,
  runId: string,
  event: NewRunEvent,
  change: (head: RunHead) => RunHead = (head) => head,
): Promise<RunHead> {
  for (let attempt = 0; attempt < HEAD_ATTEMPTS; attempt += 1) {
    const record = await readHead(deps, runId);
    if (record === undefined) throw new WhenceError('run.unknown', `There is no run ${runId}.`, { details: { runId } });
    const head = runHead.parse(record.value);
    if (head.eventKeys[event.key] !== undefined) {
      // It was written by somebody who may have died before the index.
      if (terminalRunStatuses.has(head.status)) await writeIndex(deps, head);
      return head;
    }
    const seq = Object.keys(head.eventKeys).length + 1;
    const at = new Date(deps.clock.nowMs()).toISOString();
    const changed: RunHead = { ...change(head), updatedAt: at, eventKeys: { ...head.eventKeys, [event.key]: seq } };
    const outcome = await deps.records.transact(runTable, runId, [
      { kind: 'replace', row: runHeadRow, value: changed, etag: record.etag },
      { kind: 'insert', row: runEventRow(seq), value: toEvent(runId, seq, at, event) },
    ]);
    if (outcome === 'conflict') continue;
    if (indexChanged(head, changed)) await writeIndex(deps, changed);
    return changed;
  }
  throw new WhenceError('storage.unavailable', `The head of run ${runId} changes too often.`, { details: { runId } });
}

/**
 * @param afterSeq - events with a higher sequence number are returned
 * @param limit - at most so many
 */
export async function readRunEvents(
  deps: Pick<RunStoreDependencies, 'records'>,
  runId: string,
  afterSeq: number,
  limit: number,
): Promise<readonly RunEvent[]> {
  const page = await deps.records.query(runTable, runId, { from: runEventRow(afterSeq + 1), to: 'event-~', limit });
  return page.records.map((record) => runEvent.parse(record.value));
}

/** A page of runs, newest first. */
export interface RunPage {
  readonly runs: readonly RunIndexEntry[];
  readonly next?: string;
}

/**
 * @param pipeline - only this pipeline's runs
 * @param options - page size and the token of the page before
 */
export async function listRuns(
  deps: Pick<RunStoreDependencies, 'records'>,
  pipeline: string | undefined,
  options: { readonly limit: number; readonly after?: string },
): Promise<RunPage> {
  const page = await deps.records.query(runIndexTable, pipeline ?? 'all', options);
  const runs = page.records.map((record) => runIndexEntry.parse(record.value));
  return page.next === undefined ? { runs } : { runs, next: page.next };
}

/** Writes both index rows of a run as its head says; safe to repeat. */
export async function writeIndex(deps: Pick<RunStoreDependencies, 'records'>, head: RunHead): Promise<void> {
  const entry: z.output<typeof runIndexEntry> = runIndexEntry.parse(
    Object.fromEntries(Object.entries(head).filter(([key]) => key in runIndexEntry.shape)),
  );
  for (const partition of ['all', head.pipeline]) await putIndexRow(deps.records, partition, entry);
}

async function putIndexRow(records: RecordStore, partition: string, entry: RunIndexEntry): Promise<void> {
  const key = { partition, row: runIndexRow(entry.createdAt, entry.runId) };
  for (let attempt = 0; attempt < HEAD_ATTEMPTS; attempt += 1) {
    const outcome = await records.insert(runIndexTable, key, entry);
    if (outcome.outcome === 'inserted') return;
    const there = runIndexEntry.parse(outcome.record.value);
    if (there.updatedAt >= entry.updatedAt) return;
    const replaced = await records.replace(runIndexTable, key, entry, outcome.record.etag);
    if (replaced.outcome === 'replaced') return;
  }
  throw new WhenceError('storage.unavailable', `The index row of run ${entry.runId} changes too often.`);
}

function readHead(deps: Pick<RunStoreDependencies, 'records'>, runId: string): Promise<StoredRecord | undefined> {
  return deps.records.get(runTable, { partition: runId, row: runHeadRow });
}

function indexChanged(before: RunHead, after: RunHead): boolean {
  return before.status !== after.status || before.model !== after.model;
}

function toEvent(runId: string, seq: number, at: string, event: NewRunEvent): RunEvent {
  const { key: _key, ...rest } = event;
  return runEvent.parse({ schemaVersion: 1, runId, seq, at, ...rest });
}
