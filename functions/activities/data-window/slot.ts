import { slotRecord, slotTable, type SlotRecord } from '#shared/contracts/records/slot.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import type { ProtocolDependencies } from './protocol-dependencies.ts';

type Records = Pick<ProtocolDependencies, 'records'>;

/** How often a lost race is tried again. */
const ATTEMPTS = 50;

/** @returns the slot of a pipeline */
export async function readSlot(deps: Records, pipeline: string): Promise<SlotRecord> {
  const stored = await deps.records.get(slotTable.table, { partition: slotTable.partition, row: pipeline });
  return stored === undefined ? { schemaVersion: 1, hi: 0 } : slotRecord.parse(stored.value);
}

/**
 * Takes the slot for a generation.
 *
 * @returns `mine`; `busy` while another one has it; `overtaken` when a higher generation ever had it
 * @source design §4, slot: taken only by n > hi, or found as mine
 */
export async function takeSlot(
  deps: Records,
  pipeline: string,
  generation: number,
): Promise<'mine' | 'busy' | 'overtaken'> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const key = { partition: slotTable.partition, row: pipeline };
    const stored = await deps.records.get(slotTable.table, key);
    if (stored === undefined) {
      const first: SlotRecord = { schemaVersion: 1, owner: generation, hi: generation };
      const outcome = await deps.records.insert(slotTable.table, key, first);
      if (outcome.outcome === 'inserted') return 'mine';
      continue;
    }
    const slot = slotRecord.parse(stored.value);
    if (slot.owner === generation) return 'mine';
    if (slot.owner !== undefined) return 'busy';
    if (generation <= slot.hi) return 'overtaken';
    const outcome = await deps.records.replace(
      slotTable.table,
      key,
      { ...slot, owner: generation, hi: generation },
      stored.etag,
    );
    if (outcome.outcome === 'replaced') return 'mine';
  }
  throw new WhenceError('storage.unavailable', `The slot of ${pipeline} changes too often.`);
}

/**
 * Frees the slot, if this generation owns it. The record that ends is written before.
 *
 * @param lastContentKey - content key of the run that ended, where it counts as the newest one
 */
export async function releaseSlot(
  deps: Records,
  pipeline: string,
  generation: number,
  lastContentKey: string | undefined,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const key = { partition: slotTable.partition, row: pipeline };
    const stored = await deps.records.get(slotTable.table, key);
    if (stored === undefined) return;
    const { owner, ...slot } = slotRecord.parse(stored.value);
    if (owner !== generation) return;
    const next: SlotRecord = lastContentKey === undefined ? slot : { ...slot, lastContentKey };
    const outcome = await deps.records.replace(slotTable.table, key, next, stored.etag);
    if (outcome.outcome === 'replaced') return;
  }
  throw new WhenceError('storage.unavailable', `The slot of ${pipeline} changes too often.`);
}
