import { WhenceError } from '#shared/errors/whence-error.ts';
import type { BlobStore } from '#shared/ports/blob-store.ts';
import type { OrchestrationClient } from '#shared/ports/orchestration-client.ts';
import type { RecordStore } from '#shared/ports/record-store.ts';

import type { Random } from './random.ts';
import type { Actor, Scheduler } from './scheduler.ts';

/** Longest stall of a call: an activity that runs again does so after about five minutes. */
const STALL_MS = 6 * 60_000;

/** Where calls go wrong. Every call of every port passes here. */
export class Faults {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  /** Switched off when a schedule is to come to rest. */
  areOn = true;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /**
   * Does one call: it may stall, the caller may die before or after the effect, and the answer may be lost after it.
   *
   * @param code - what a lost answer looks like
   */
  async call<Result>(
    actor: Actor,
    label: string,
    effect: () => Promise<Result>,
    code: 'storage.unavailable' | 'run.engine-unavailable' = 'storage.unavailable',
  ): Promise<Result> {
    if (this.#happens(0.012)) await this.#scheduler.sleep(this.#random.integer(0, STALL_MS));
    await this.#scheduler.turn(actor, label);
    if (this.#happens(0.01)) return this.#die(actor, `${label} did not happen`);
    if (this.#happens(0.01)) throw new WhenceError(code, `${label}: no answer, it did not happen`);
    const result = await effect();
    if (this.#happens(0.01)) return this.#die(actor, `${label} happened`);
    if (this.#happens(0.01)) throw new WhenceError(code, `${label}: no answer, it happened`);
    return result;
  }

  /** Does a write; sometimes its answer is lost and the SDK's second try finds what the first one did. */
  async write<Result>(actor: Actor, label: string, effect: () => Promise<Result>): Promise<Result> {
    return this.call(actor, label, async () => {
      const first = await effect();
      return this.#happens(0.03) ? effect() : first;
    });
  }

  #happens(probability: number): boolean {
    return this.areOn && this.#random.chance(probability);
  }

  #die(actor: Actor, why: string): Promise<never> {
    this.#scheduler.note(`${actor.name} dies: ${why}`);
    actor.die();
    return new Promise(() => undefined);
  }
}

/** @returns the record store as one actor reaches it */
export function recordsFor(actor: Actor, records: RecordStore, faults: Faults): RecordStore {
  const at = (table: string, row: string): string => `${table}/${row.slice(0, 16)}`;
  return {
    get: (table, key) => faults.call(actor, `get ${at(table, key.row)}`, () => records.get(table, key)),
    insert: (table, key, value) =>
      faults.write(actor, `insert ${at(table, key.row)}`, () => records.insert(table, key, value)),
    replace: (table, key, value, etag) =>
      faults.write(actor, `replace ${at(table, key.row)}`, () => records.replace(table, key, value, etag)),
    remove: (table, key, etag) =>
      faults.write(actor, `remove ${at(table, key.row)}`, () => records.remove(table, key, etag)),
    transact: (table, partition, writes) =>
      faults.write(actor, `transact ${table}`, () => records.transact(table, partition, writes)),
    query: (table, partition, range) =>
      faults.call(actor, `query ${table}`, () => records.query(table, partition, range)),
  };
}

/** @returns the blob store as one actor reaches it */
export function blobsFor(actor: Actor, blobs: BlobStore, faults: Faults): BlobStore {
  return {
    hasContainer: (...args) => faults.call(actor, `has ${args[0]}`, () => blobs.hasContainer(...args)),
    list: (...args) => faults.call(actor, `list ${args[0]}`, () => blobs.list(...args)),
    head: (...args) => faults.call(actor, `head ${args[0]}/${args[1]}`, () => blobs.head(...args)),
    read: (...args) => faults.call(actor, `read ${args[0]}/${args[1]}`, () => blobs.read(...args)),
    putIfAbsent: (...args) => faults.write(actor, `put ${args[0]}`, () => blobs.putIfAbsent(...args)),
    copyIfAbsent: (...args) => faults.write(actor, `copy ${args[0].path}`, () => blobs.copyIfAbsent(...args)),
  };
}

/** @returns the engine's client as one actor reaches it */
export function clientFor(actor: Actor, client: OrchestrationClient, faults: Faults): OrchestrationClient {
  const code = 'run.engine-unavailable';
  return {
    start: (...args) => faults.call(actor, `start ${args[1]}`, () => client.start(...args), code),
    raiseEvent: (...args) => faults.call(actor, `raise ${args[0]}`, () => client.raiseEvent(...args), code),
    status: (...args) => faults.call(actor, `status ${args[0]}`, () => client.status(...args), code),
  };
}
