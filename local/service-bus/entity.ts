/** One queue, subscription or dead-letter queue: who may get which message when. No AMQP here. */
import { randomBytes } from 'node:crypto';

import { DEFAULT_LOCK_MS, DEFAULT_MAX_DELIVERIES, type QueueOptions } from './entities.ts';
import type { MessageStore, NewMessage, StoredMessage } from './message-store.ts';

/** A locked message. */
export interface LockedMessage {
  readonly message: StoredMessage;
  /** 16 bytes, as sent in the delivery tag. */
  readonly lockToken: Buffer;
  readonly lockedUntilMs: number;
}

/** What an entity needs. */
export interface EntityContext {
  readonly store: MessageStore;
  readonly nowMs: () => number;
  /** Called when a message may have become available. */
  readonly onAvailable: (entity: Entity) => void;
  /** Calls back later; returns a function that cancels it. */
  readonly at: (atMs: number, callback: () => void) => () => void;
}

/** Why a message is dead. */
export interface DeadLetterReason {
  readonly reason: string;
  readonly description: string;
}

const PAGE = 200;

/** The entity. */
export class Entity {
  /** Path in lower case. */
  readonly path: string;
  readonly lockMs: number;
  readonly #options: QueueOptions;
  readonly #context: EntityContext;
  readonly #deadLetters: Entity | undefined;
  readonly #locks = new Map<number, { readonly token: Buffer; untilMs: number }>();
  #cancelWake: (() => void) | undefined;

  constructor(path: string, options: QueueOptions, context: EntityContext, deadLetters: Entity | undefined) {
    this.path = path.toLowerCase();
    this.#options = options;
    this.lockMs = options.lockDurationMs ?? DEFAULT_LOCK_MS;
    this.#context = context;
    this.#deadLetters = deadLetters;
  }

  /** Stores messages, all or none. Duplicates are accepted and dropped. */
  enqueue(messages: readonly NewMessage[]): number[] {
    const { store, nowMs } = this.#context;
    const window = this.#options.duplicateDetectionWindowMs;
    const sequences = store.transaction(() =>
      messages.map((message) =>
        window !== undefined && !store.remember(this.path, message.messageId, nowMs(), window)
          ? 0
          : store.add(this.path, this.#withTtl(message)),
      ),
    );
    this.#wake();
    return sequences;
  }

  /** @returns the next message and locks it, or undefined */
  receive(andDelete: boolean): LockedMessage | undefined {
    const nowMs = this.#context.nowMs();
    for (let from = 0; ;) {
      const page = this.#context.store.list(this.path, from, PAGE);
      for (const message of page) {
        from = message.sequence + 1;
        if (this.#expired(message, nowMs)) continue;
        if (message.state === 'deferred' || message.visibleMs > nowMs || this.#isLocked(message.sequence, nowMs))
          continue;
        if (
          this.#deadLetters !== undefined &&
          message.deliveries >= (this.#options.maxDeliveryCount ?? DEFAULT_MAX_DELIVERIES)
        ) {
          this.#kill(message, {
            reason: 'MaxDeliveryCountExceeded',
            description: `Message could not be consumed after ${message.deliveries} delivery attempts.`,
          });
          continue;
        }
        return andDelete ? this.#take(message) : this.#lock(message, nowMs);
      }
      if (page.length < PAGE) break;
    }
    this.#wake();
    return undefined;
  }

  /** @returns whether the lock held */
  complete(token: Buffer): boolean {
    return this.#settle(token, (sequence) => this.#context.store.remove(sequence));
  }

  /** Gives a message back. @returns whether the lock held */
  abandon(token: Buffer, rewrite?: (body: Buffer) => Buffer): boolean {
    return this.#settle(token, (sequence, message) => {
      if (rewrite !== undefined) this.#context.store.update(sequence, { body: rewrite(message.body) });
    });
  }

  /** @returns whether the lock held */
  defer(token: Buffer): boolean {
    return this.#settle(token, (sequence) => this.#context.store.update(sequence, { state: 'deferred' }));
  }

  /** Moves a message to the dead-letter queue. @returns whether the lock held */
  deadLetter(token: Buffer, reason: DeadLetterReason): boolean {
    return this.#settle(token, (_sequence, message) => this.#kill(message, reason));
  }

  /** @returns the new end of the lock, or undefined if it is lost */
  renew(token: Buffer): number | undefined {
    const found = this.#find(token);
    if (found === undefined) return undefined;
    found.lock.untilMs = this.#context.nowMs() + this.lockMs;
    return found.lock.untilMs;
  }

  /** Locks deferred messages by their numbers. */
  receiveDeferred(sequences: readonly number[]): LockedMessage[] {
    const nowMs = this.#context.nowMs();
    return sequences.flatMap((sequence) => {
      const message = this.#context.store.get(sequence);
      return message?.state === 'deferred' && !this.#isLocked(sequence, nowMs) ? [this.#lock(message, nowMs)] : [];
    });
  }

  /** Removes scheduled messages. */
  cancelScheduled(sequences: readonly number[]): void {
    for (const sequence of sequences)
      if (this.#context.store.get(sequence)?.state === 'scheduled') this.#context.store.remove(sequence);
  }

  /** Messages without locking them. */
  peek(from: number, count: number): StoredMessage[] {
    return this.#context.store.list(this.path, from, count);
  }

  /** How many messages there are. */
  count(): number {
    return this.#context.store.list(this.path, 0, 1_000_000).length;
  }

  stop(): void {
    this.#cancelWake?.();
  }

  #withTtl(message: NewMessage): NewMessage {
    if (message.expiresMs !== null || this.#options.defaultTtlMs === undefined) return message;
    return { ...message, expiresMs: message.enqueuedMs + this.#options.defaultTtlMs };
  }

  #lock(message: StoredMessage, nowMs: number): LockedMessage {
    const token = randomBytes(16);
    const lockedUntilMs = nowMs + this.lockMs;
    this.#locks.set(message.sequence, { token, untilMs: lockedUntilMs });
    this.#context.store.update(message.sequence, { deliveries: message.deliveries + 1 });
    this.#wakeAt(lockedUntilMs);
    return { message, lockToken: token, lockedUntilMs };
  }

  #take(message: StoredMessage): LockedMessage {
    this.#context.store.remove(message.sequence);
    return { message, lockToken: randomBytes(16), lockedUntilMs: 0 };
  }

  #settle(token: Buffer, effect: (sequence: number, message: StoredMessage) => void): boolean {
    const found = this.#find(token);
    if (found === undefined) return false;
    const message = this.#context.store.get(found.sequence);
    if (message !== undefined) effect(found.sequence, message);
    this.#locks.delete(found.sequence);
    this.#wake();
    return true;
  }

  #find(token: Buffer): { sequence: number; lock: { readonly token: Buffer; untilMs: number } } | undefined {
    const nowMs = this.#context.nowMs();
    for (const [sequence, lock] of this.#locks)
      if (lock.token.equals(token) && lock.untilMs > nowMs) return { sequence, lock };
    return undefined;
  }

  #isLocked(sequence: number, nowMs: number): boolean {
    const lock = this.#locks.get(sequence);
    if (lock === undefined) return false;
    if (lock.untilMs > nowMs) return true;
    this.#locks.delete(sequence);
    return false;
  }

  #expired(message: StoredMessage, nowMs: number): boolean {
    if (message.expiresMs === null || message.expiresMs > nowMs || this.#isLocked(message.sequence, nowMs))
      return false;
    if (this.#options.deadLetterOnExpiration === true)
      this.#kill(message, { reason: 'TTLExpiredException', description: 'The message expired and was dead lettered.' });
    else this.#context.store.remove(message.sequence);
    return true;
  }

  #kill(message: StoredMessage, reason: DeadLetterReason): void {
    const { store } = this.#context;
    const dead = this.#deadLetters;
    store.transaction(() => {
      store.remove(message.sequence);
      if (dead !== undefined)
        store.add(dead.path, {
          messageId: message.messageId,
          body: message.body,
          enqueuedMs: message.enqueuedMs,
          visibleMs: 0,
          expiresMs: null,
          state: 'active',
          deadLetter: JSON.stringify(reason),
        });
    });
    dead?.noticed();
  }

  /** Somebody else put a message here. */
  noticed(): void {
    this.#wake();
  }

  #wake(): void {
    this.#context.onAvailable(this);
    const nowMs = this.#context.nowMs();
    const times = this.#context.store
      .list(this.path, 0, PAGE)
      .map((message) => Math.max(message.visibleMs, this.#locks.get(message.sequence)?.untilMs ?? 0))
      .filter((atMs) => atMs > nowMs);
    if (times.length > 0) this.#wakeAt(Math.min(...times));
  }

  #wakeAt(atMs: number): void {
    this.#cancelWake?.();
    this.#cancelWake = this.#context.at(atMs, () => {
      this.#cancelWake = undefined;
      this.#wake();
    });
  }
}
