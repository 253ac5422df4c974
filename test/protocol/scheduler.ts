import { setImmediate as settled } from 'node:timers/promises';

import type { Clock } from '#shared/ports/clock.ts';

import type { Random } from './random.ts';

/**
 * Somebody who calls ports: one execution of an activity, of a trigger or of the reconciler. Between two of its calls
 * anything else may happen, and it may die at any of them.
 */
export class Actor {
  readonly name: string;
  readonly #onDeath: () => void;
  #isDead = false;

  /** @param onDeath - what the platform does about it, such as delivering a message again */
  constructor(name: string, onDeath: () => void = () => undefined) {
    this.name = name;
    this.#onDeath = onDeath;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** The process is gone: no call returns any more. */
  die(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#onDeath();
  }
}

interface Waiting {
  readonly actor: Actor;
  readonly label: string;
  readonly go: () => void;
}

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** How likely time passes although somebody could go on: slow work. */
const SLOWNESS = 0.03;

/** Decides who goes on next, and when time passes. Time is virtual; one seed gives one order. */
export class Scheduler implements Clock {
  readonly #random: Random;
  readonly #onStep: (line: string) => void;
  #nowMs = Date.UTC(2026, 0, 1);
  #waiting: Waiting[] = [];
  #timers: Timer[] = [];
  #orders = 0;

  /** @param onStep - told of every step, for the trace of a failing schedule */
  constructor(random: Random, onStep: (line: string) => void = () => undefined) {
    this.#random = random;
    this.#onStep = onStep;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** Waits for the actor's turn; for ever, if it dies before. */
  turn(actor: Actor, label: string): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push({ actor, label, go });
    });
  }

  /** Does something later. */
  after(delayMs: number, fire: () => void): void {
    this.#orders += 1;
    this.#timers.push({ atMs: this.#nowMs + Math.max(0, delayMs), order: this.#orders, fire });
  }

  /** @returns when the next timer is due, or undefined */
  nextDueMs(): number | undefined {
    return this.#timers.length === 0 ? undefined : Math.min(...this.#timers.map(({ atMs }) => atMs));
  }

  /** Waits in virtual time. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, resolve);
    });
  }

  /** Adds a line to the trace. */
  note(line: string): void {
    this.#onStep(`${this.#nowMs % 86_400_000} ${line}`);
  }

  /** Lets one go on, or time pass, and waits until everybody who can has come to the next call. */
  async step(): Promise<void> {
    this.#goOn();
    await settled();
    this.#waiting = this.#waiting.filter(({ actor }) => !actor.isDead);
  }

  #goOn(): void {
    const isTimeToPass = this.#waiting.length === 0 || this.#random.chance(SLOWNESS);
    if (isTimeToPass && this.#timers.length > 0) return this.#fireNext();
    const [next] = this.#waiting.splice(this.#random.integer(0, this.#waiting.length - 1), 1);
    if (next === undefined) return;
    this.note(`${next.actor.name}: ${next.label}`);
    next.go();
  }

  #fireNext(): void {
    const next = this.#timers.reduce((first, timer) =>
      timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order) ? timer : first,
    );
    this.#timers.splice(this.#timers.indexOf(next), 1);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.fire();
  }
}
