import type { BlobStore } from '#shared/ports/blob-store.ts';

import { MemoryBlobStore } from '#test/support/memory-blob-store.ts';

import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** Container that outside writers fill. */
export const LANDING = 'landing';
/** Paths that the pipeline wants, and one that it does not. */
const WANTED = ['in/a.csv', 'in/b.csv'] as const;
const UNWANTED = 'elsewhere/d.csv';
/** Few contents, so that the same bytes come again, and one that breaks the contract. */
const GOOD = ['one', 'two'] as const;
const BAD = 'bad';

/** A blob version that somebody wrote, and what became of it. */
export interface Written {
  readonly path: string;
  readonly etag: string;
  readonly content: string;
  readonly isWanted: boolean;
  /** Overwritten or deleted. */
  replaced: 'by-another' | 'by-nothing' | undefined;
  /** Whether at least one event about it was handled. */
  isAnnounced: boolean;
}

/** The landing container and whoever writes into it, with an event for every write: once, twice, late or never. */
export class Landing {
  readonly blobs: MemoryBlobStore;
  readonly written: Written[] = [];
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  #restlessUntilMs = 0;
  readonly #announce: (blob: Written) => void;

  constructor(scheduler: Scheduler, random: Random, announce: (blob: Written) => void) {
    this.blobs = new MemoryBlobStore(scheduler);
    this.#scheduler = scheduler;
    this.#random = random;
    this.#announce = announce;
  }

  /** Somebody writes a blob, over another perhaps. */
  write(path = this.#random.chance(0.08) ? UNWANTED : this.#random.pick<string>(WANTED)): void {
    const random = this.#random;
    const content = random.chance(0.12) ? BAD : random.pick(GOOD);
    this.#replace(path, 'by-another');
    const { etag } = this.blobs.put(LANDING, path, Buffer.from(content));
    const blob: Written = {
      path,
      etag,
      content,
      isWanted: path !== UNWANTED,
      replaced: undefined,
      isAnnounced: false,
    };
    this.written.push(blob);
    this.#scheduler.note(`somebody writes ${path} = ${content} (${etag})`);
    const deliveries = random.pick([0, 1, 1, 1, 1, 2, 3]);
    for (let delivery = 0; delivery < deliveries; delivery += 1)
      this.#scheduler.after(random.chance(0.7) ? random.integer(0, 2_000) : random.integer(0, 300_000), () =>
        this.#announce(blob),
      );
  }

  /** For some minutes somebody writes faster than blobs can be copied. */
  churn(): void {
    this.#restlessUntilMs = this.#scheduler.nowMs() + this.#random.integer(0, 4 * 60_000);
  }

  /** The store as the app reaches it; the restless writer comes before a copy, now and then. */
  get store(): BlobStore {
    const { blobs } = this;
    return {
      hasContainer: (...args) => blobs.hasContainer(...args),
      list: (...args) => blobs.list(...args),
      head: (...args) => blobs.head(...args),
      read: (...args) => blobs.read(...args),
      putIfAbsent: (container, path, bytes) => blobs.putIfAbsent(container, path, bytes),
      copyIfAbsent: (source, target) => {
        if (this.#scheduler.nowMs() < this.#restlessUntilMs && this.#random.chance(0.6)) this.write(source.path);
        return blobs.copyIfAbsent(source, target);
      },
    };
  }

  /** Somebody deletes a blob. */
  delete(): void {
    const path = this.#random.pick(WANTED);
    this.#replace(path, 'by-nothing');
    this.#scheduler.note(`somebody deletes ${path}`);
    this.blobs.delete(LANDING, path);
  }

  #replace(path: string, how: 'by-another' | 'by-nothing'): void {
    const last = this.written.findLast((blob) => blob.path === path);
    if (last?.replaced === undefined && last !== undefined) last.replaced = how;
  }
}
