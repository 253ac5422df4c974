import type { InstanceStatus, OrchestrationClient } from '#shared/ports/orchestration-client.ts';
import { endedInstanceStatuses } from '#shared/ports/orchestration-client.ts';
import { isWhenceError } from '#shared/errors/whence-error.ts';

import type { Random } from './random.ts';
import { Actor, type Scheduler } from './scheduler.ts';

type Input = Readonly<Record<string, unknown>>;
/** Work of an activity, done by an actor. */
export type Activity = (actor: Actor, input: Input) => Promise<object>;

/** What an orchestration of the simulation yields; made by {@link Engine}'s context only. */
type Wish =
  | { readonly kind: 'activity'; readonly name: string; readonly input: Input }
  | { readonly kind: 'timer'; readonly atMs: number; cancel(): void }
  | { readonly kind: 'event'; readonly name: string }
  | { readonly kind: 'any'; readonly wishes: readonly Wish[] };

/** The part of the durable context that the orchestrations of the protocol use. */
export interface SimulatedContext {
  readonly df: Readonly<Record<string, unknown>>;
}
type Orchestration = (context: SimulatedContext) => Generator<unknown, unknown, unknown>;

interface Instance {
  readonly id: string;
  readonly name: string;
  input: Input;
  status: InstanceStatus;
  /** Which execution of this id it is. */
  readonly execution: number;
  work: Generator<unknown, unknown, unknown> | undefined;
  next: Input | undefined;
  inbox: string[];
  waitsFor: { readonly event: Wish & { kind: 'event' }; readonly timer: Wish } | undefined;
}

/** What the engine runs. */
export interface SimulatedApp {
  readonly orchestrations: Readonly<Record<string, Orchestration>>;
  readonly activities: Readonly<Record<string, Activity>>;
  readonly onDefect: (what: string) => void;
}

/** Attempts of an activity. @source functions/durable/call-activity.ts */
const ATTEMPTS = 8;
/** A killed activity runs again within this time. @source local-runtime.md §8 */
const AGAIN_MS = 5 * 60_000;
/** Timers fire this much early, at most. */
const EARLY_MS = 1_000;

/** What of the engine goes wrong. */
export interface EngineHabits {
  /** Activities run again after they are done, events get lost, timers are early. */
  areBad: boolean;
}

/**
 * The durable engine as the protocol sees it: orchestrations keep their place, activities run at least once and
 * perhaps again minutes later, an ended id starts anew, events are lost now and then. It drives the real orchestration
 * generators.
 */
export class Engine implements OrchestrationClient {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #orchestrations: Readonly<Record<string, Orchestration>>;
  readonly #activities: Readonly<Record<string, Activity>>;
  readonly #instances = new Map<string, Instance>();
  readonly #actors = new Set<Actor>();
  readonly #onDefect: (what: string) => void;
  #executions = 0;
  readonly habits: EngineHabits = { areBad: true };

  /** @param app - what the app registers; `onDefect` is told of errors that no activity may throw */
  constructor(scheduler: Scheduler, random: Random, app: SimulatedApp) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#orchestrations = app.orchestrations;
    this.#activities = app.activities;
    this.#onDefect = app.onDefect;
  }

  async start(name: string, id: string, input: Input): Promise<'started' | 'alive'> {
    const there = this.#instances.get(id);
    if (there !== undefined && !endedInstanceStatuses.has(there.status)) return 'alive';
    this.#executions += 1;
    const instance: Instance = {
      id,
      name,
      input: structuredClone(input),
      // Somebody terminates it before it begins.
      status: this.#isBad(0.02) ? 'Terminated' : 'Running',
      execution: this.#executions,
      work: undefined,
      next: undefined,
      inbox: [],
      waitsFor: undefined,
    };
    this.#instances.set(id, instance);
    this.#scheduler.after(0, () => this.#begin(instance));
    return 'started';
  }

  async raiseEvent(id: string, event: string): Promise<boolean> {
    const instance = this.#instances.get(id);
    if (instance === undefined) return false;
    if (endedInstanceStatuses.has(instance.status) || this.#isBad(0.1)) return true;
    this.#scheduler.after(0, () => {
      instance.inbox.push(event);
      this.#look(instance);
    });
    return true;
  }

  async status(id: string): Promise<InstanceStatus> {
    return this.#instances.get(id)?.status ?? 'unknown';
  }

  /** @returns ids of instances, alive or ended */
  ids(which: 'alive' | 'ended'): string[] {
    return [...this.#instances.values()]
      .filter(({ status }) => endedInstanceStatuses.has(status) === (which === 'ended'))
      .map(({ id }) => id);
  }

  /** @returns whether the execution that made this token has not ended */
  isAlive(token: string): boolean {
    return [...this.#instances.values()].some((one) => one.status === 'Running' && tokenOf(one) === token);
  }

  /** Ends an instance from outside; its activity under way goes on. */
  terminate(id: string): void {
    const instance = this.#instances.get(id);
    if (instance === undefined || endedInstanceStatuses.has(instance.status)) return;
    instance.status = 'Terminated';
  }

  /** Forgets an ended instance. */
  purge(id: string): void {
    const instance = this.#instances.get(id);
    if (instance !== undefined && endedInstanceStatuses.has(instance.status)) this.#instances.delete(id);
  }

  /** The host's process is gone: every activity under way runs again, at once or after minutes. */
  crash(): void {
    for (const actor of this.#actors) actor.die();
  }

  /** @returns whether activities are under way */
  get isBusy(): boolean {
    return this.#actors.size > 0;
  }

  #begin(instance: Instance): void {
    if (instance.status !== 'Running') return;
    const orchestration = this.#orchestrations[instance.name];
    if (orchestration === undefined) throw new Error(`The simulation has no orchestration ${instance.name}.`);
    instance.next = undefined;
    instance.work = orchestration(this.#contextOf(instance));
    this.#resume(instance, (work) => work.next());
  }

  #contextOf(instance: Instance): SimulatedContext {
    const scheduler = this.#scheduler;
    return {
      df: {
        instanceId: instance.id,
        get currentUtcDateTime() {
          return new Date(scheduler.nowMs());
        },
        getInput: () => structuredClone(instance.input),
        newGuid: () => tokenOf(instance),
        setCustomStatus: () => undefined,
        continueAsNew: (input: Input) => {
          instance.next = input;
        },
        callActivityWithRetry: (name: string, _retry: unknown, input: Input): Wish => ({
          kind: 'activity',
          name,
          input: structuredClone(input),
        }),
        createTimer: (at: Date): Wish => ({ kind: 'timer', atMs: at.getTime(), cancel: () => undefined }),
        waitForExternalEvent: (name: string): Wish => ({ kind: 'event', name }),
        Task: { any: (wishes: readonly Wish[]): Wish => ({ kind: 'any', wishes }) },
      },
    };
  }

  /** Gives the generator its answer, and does what it wants next. */
  #resume(
    instance: Instance,
    answer: (work: Generator<unknown, unknown, unknown>) => IteratorResult<unknown, unknown>,
  ): void {
    if (instance.status !== 'Running' || instance.work === undefined) return;
    let step: IteratorResult<unknown, unknown>;
    try {
      step = answer(instance.work);
    } catch (error) {
      this.#scheduler.note(`${instance.id} failed: ${String(error)}`);
      instance.status = 'Failed';
      return;
    }
    if (!step.done) return this.#serve(instance, step.value as Wish);
    if (instance.next === undefined) {
      instance.status = 'Completed';
      return;
    }
    instance.input = instance.next;
    if (this.#isBad(0.5)) instance.inbox = [];
    this.#begin(instance);
  }

  #serve(instance: Instance, wish: Wish): void {
    switch (wish.kind) {
      case 'activity':
        return this.#run(instance, wish, 1);
      case 'any': {
        const event = wish.wishes.find((one) => one.kind === 'event');
        const timer = wish.wishes.find((one) => one.kind === 'timer');
        if (event?.kind !== 'event' || timer?.kind !== 'timer') throw new Error('Only event or timer is simulated.');
        instance.waitsFor = { event, timer };
        const early = this.habits.areBad ? this.#random.integer(0, EARLY_MS) : 0;
        this.#scheduler.after(timer.atMs - early - this.#scheduler.nowMs(), () => {
          if (instance.waitsFor?.timer !== timer) return;
          instance.waitsFor = undefined;
          this.#resume(instance, (work) => work.next(timer));
        });
        return this.#look(instance);
      }
      case 'event':
      case 'timer':
        throw new Error(`The simulation cannot wait for a bare ${wish.kind}.`);
    }
  }

  /** Hands a waiting instance its event. */
  #look(instance: Instance): void {
    const waits = instance.waitsFor;
    if (waits === undefined) return;
    const at = instance.inbox.indexOf(waits.event.name);
    if (at < 0) return;
    instance.inbox.splice(at, 1);
    instance.waitsFor = undefined;
    this.#resume(instance, (work) => work.next(waits.event));
  }

  #run(instance: Instance, wish: Wish & { readonly kind: 'activity' }, attempt: number): void {
    const activity = this.#activities[wish.name];
    if (activity === undefined) throw new Error(`The simulation has no activity ${wish.name}.`);
    if (this.#isBad(0.05)) this.#ghost(instance, activity, wish);
    const again = (next: number, delayMs: number): void =>
      this.#scheduler.after(delayMs, () => this.#run(instance, wish, next));
    const actor = this.#actor(`${instance.id}/${instance.execution}/${wish.name}#${attempt}`, () =>
      again(attempt, this.#random.integer(0, AGAIN_MS)),
    );
    activity(actor, structuredClone(wish.input)).then(
      (value) => {
        this.#actors.delete(actor);
        if (actor.isDead) return;
        if (this.#isBad(0.02)) return again(attempt, this.#random.integer(0, AGAIN_MS));
        this.#resume(instance, (work) => work.next(structuredClone(value)));
      },
      (error: unknown) => {
        this.#actors.delete(actor);
        if (actor.isDead) return;
        this.#scheduler.note(`${actor.name} threw ${String(error)}`);
        if (!isTransient(error))
          this.#onDefect(`${actor.name} threw ${error instanceof Error ? error.stack : String(error)}`);
        if (attempt < ATTEMPTS) return again(attempt + 1, 2_000 * 2 ** (attempt - 1));
        this.#resume(instance, (work) => work.throw(error));
      },
    );
  }

  /** The same activity once more, minutes later; nobody waits for its result. */
  #ghost(instance: Instance, activity: Activity, wish: Wish & { readonly kind: 'activity' }): void {
    this.#scheduler.after(this.#random.integer(0, 2 * AGAIN_MS), () => {
      const actor = this.#actor(`${instance.id}/${instance.execution}/${wish.name}#ghost`, () => undefined);
      const gone = (): void => {
        this.#actors.delete(actor);
      };
      activity(actor, structuredClone(wish.input)).then(gone, gone);
    });
  }

  #actor(name: string, onDeath: () => void): Actor {
    const actor = new Actor(name, () => {
      this.#actors.delete(actor);
      onDeath();
    });
    this.#actors.add(actor);
    return actor;
  }

  #isBad(probability: number): boolean {
    return this.habits.areBad && this.#random.chance(probability);
  }
}

/** What only one execution of an instance knows. */
function tokenOf({ execution }: Instance): string {
  return `token-${execution}`;
}

/** Only faults of the outside may be thrown; `core.internal` says that the protocol was broken. */
function isTransient(error: unknown): boolean {
  return isWhenceError(error) && error.code !== 'core.internal';
}
