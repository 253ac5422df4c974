/**
 * A durable task hub on `node:sqlite` that drives the real `durable-functions` replay. Activity completion, the turn
 * that reads it and what that turn schedules are stored together, so n sequential steps cost n+1 commits, and a crash
 * at any instant repeats at most the work that was not stored.
 *
 * @source local-runtime.md §4, §9
 */
import { randomUUID } from 'node:crypto';

import type { Worker } from '../worker/worker.ts';
import { activityMessage, resultText } from './activity-result.ts';
import { systemHubClock, type HubClock } from './clock.ts';
import { GroupCommit } from './group-commit.ts';
import { eventTypes } from './history.ts';
import { acceptsVersion, durableTaskConfig, type DurableTaskConfig } from './host-config.ts';
import { endedStatuses, type InboxMessage, type Instance, type ParentReference } from './instance.ts';
import { pendingOf, type Timer, type TurnEffects, type Work } from './pending.ts';
import { TaskHubStore } from './store.ts';
import { Timers } from './timers.ts';
import { apply, executionCompleted, generationAfter, isInstanceId, startMessage, tellParent } from './transitions.ts';
import { markPlayed, runTurn, type End, type Scheduled, type TurnResult } from './turn.ts';

/** Faults that a test switches on. */
export interface HubFaults {
  /** Called when an activity has finished and its result is not stored: `lose` makes it run again. */
  readonly activityFinished?: (work: Work) => 'lose' | undefined;
  /** Called after every commit: what stands in the database now is what a crash at this moment leaves. */
  readonly committed?: () => void;
}

/** How a hub is made. */
export interface TaskHubOptions {
  readonly worker: Worker;
  /** Path of the database, or `:memory:`. */
  readonly databaseFile: string;
  /** `extensions.durableTask` of host.json. */
  readonly config?: unknown;
  readonly clock?: HubClock;
  /** 0 to 1; how early a timer fires (times 999 ms). Random by default; 0: in time. */
  readonly random?: () => number;
  readonly faults?: HubFaults;
  /** Hears what Azure would swallow. */
  readonly onWarning?: (text: string) => void;
}

/** What became of a request to start. */
export type StartOutcome =
  | { readonly outcome: 'started'; readonly instanceId: string }
  | { readonly outcome: 'exists'; readonly status: string }
  | { readonly outcome: 'bad-id' };

type ChildToStart = Extract<Scheduled, { readonly kind: 'child' }>;

/** Counts since the hub was made. */
export interface HubCounts {
  turns: number;
  activities: number;
}

/** The hub. Opening it loads what is there and goes on. */
export class TaskHub {
  readonly config: DurableTaskConfig;
  readonly counts: HubCounts = { turns: 0, activities: 0 };
  readonly #worker: Worker;
  readonly #store: TaskHubStore;
  readonly #clock: HubClock;
  readonly #faults: HubFaults;
  readonly #warn: (text: string) => void;
  readonly #instances = new Map<string, Instance>();
  readonly #inbox = new Map<string, InboxMessage[]>();
  readonly #turning = new Set<string>();
  readonly #ready = new Set<string>();
  /** Instances whose first turn is not stored yet, and who waits for that. */
  readonly #unstored = new Map<string, { readonly stored: () => void; readonly refused: (why: Error) => void }>();
  readonly #timers: Timers;
  #work: Work[] = [];
  #running = 0;
  readonly #commits: GroupCommit;
  #lastRowId = 0;
  #stopping = false;
  #idleWaiters: (() => void)[] = [];

  constructor(options: TaskHubOptions) {
    this.#worker = options.worker;
    this.#store = new TaskHubStore(options.databaseFile);
    this.config = durableTaskConfig.parse(options.config ?? {});
    this.#clock = options.clock ?? systemHubClock();
    this.#timers = new Timers(this.#clock, options.random ?? Math.random, (timer) => this.#timerFired(timer));
    this.#faults = options.faults ?? {};
    this.#warn = options.onWarning ?? ((text) => console.warn(`task hub: ${text}`));
    this.#commits = new GroupCommit((write) => this.#commitNow(write));
    this.#load();
  }

  /** Commits so far. */
  get commits(): number {
    return this.#store.commits;
  }

  /** All instances, oldest first. */
  get instances(): ReadonlyMap<string, Instance> {
    return this.#instances;
  }

  /**
   * Starts an orchestration. An ended instance of the id is replaced silently, as in Azure.
   *
   * @param input - JSON text, or null where there was no body
   */
  async start(
    name: string,
    instanceId: string | undefined,
    input: string | null,
    version?: string,
  ): Promise<StartOutcome> {
    const id = instanceId ?? randomUUID().replaceAll('-', '');
    if (!isInstanceId(id)) return { outcome: 'bad-id' };
    const wanted = version === undefined || version === '' ? (this.config.defaultVersion ?? null) : version;
    if (!this.#instances.has(id) && acceptsVersion(this.config.defaultVersion, wanted)) {
      await this.#startWithFirstTurn(this.#newInstance(id, name, input, wanted, undefined));
      return { outcome: 'started', instanceId: id };
    }
    let outcome: StartOutcome = { outcome: 'started', instanceId: id };
    let message: InboxMessage | undefined;
    await this.#commits.commit(() => {
      const existing = this.#instances.get(id);
      if (existing === undefined || endedStatuses.has(existing.status))
        message = this.#createInstance(id, name, input, wanted, undefined);
      else outcome = { outcome: 'exists', status: existing.status };
    });
    if (message !== undefined) this.#deliver(message);
    return outcome;
  }

  /** A new instance is stored together with its first turn: one commit less, and nothing was promised before. */
  #startWithFirstTurn(instance: Instance): Promise<void> {
    this.#instances.set(instance.id, instance);
    return new Promise((stored, refused) => {
      this.#unstored.set(instance.id, { stored, refused });
      this.#deliver(startMessage(instance, 0));
    });
  }

  /** Sends an event, a termination, a suspension or a resumption. */
  async send(instanceId: string, type: number, fields: Readonly<Record<string, unknown>>): Promise<void> {
    const sent: InboxMessage[] = [];
    await this.#commits.commit(() => sent.push(this.#store.addMessage({ instanceId, type, fields })));
    for (const message of sent) this.#deliver(message);
  }

  /** Removes an instance and everything of it. */
  purge(instanceId: string): void {
    const instance = this.#instances.get(instanceId);
    if (instance !== undefined) this.#commitNow(() => this.#store.removeInstance(instance));
    this.#forget(instanceId);
    this.#instances.delete(instanceId);
    this.#inbox.delete(instanceId);
  }

  /** Resolves when nothing can go on without time passing or a message arriving. */
  async settled(): Promise<void> {
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#isIdle()) return;
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    }
  }

  /** Takes no new work, waits for what runs, stores it and closes the database. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const [id, { refused }] of this.#unstored) {
      if (this.#turning.has(id)) continue;
      this.#unstored.delete(id);
      this.#inbox.delete(id);
      refused(new Error(`The task hub stops: instance ${id} was not started.`));
    }
    this.#timers.cancelAll();
    while (this.#turning.size > 0 || this.#running > 0 || !this.#commits.isIdle) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#turning.size > 0 || this.#running > 0) await new Promise<void>((resolve) => setTimeout(resolve, 5));
    }
    this.#store.close();
  }

  #load(): void {
    for (const { instance, effects } of this.#store.loadInstances()) {
      this.#instances.set(instance.id, instance);
      this.#lastRowId = instance.rowId;
      if (endedStatuses.has(instance.status)) continue;
      const { work, timers } = pendingOf(instance, effects);
      this.#work.push(...work);
      for (const timer of timers) this.#timers.arm(timer);
    }
    for (const message of this.#store.loadInbox()) this.#deliver(message);
    setImmediate(() => this.#dispatch());
  }

  /** Inside a transaction: a new instance and its first message. */
  #createInstance(
    id: string,
    name: string,
    input: string | null,
    version: string | null,
    parent: ParentReference | undefined,
  ): InboxMessage | undefined {
    const replaced = this.#instances.get(id);
    if (replaced !== undefined) {
      this.#store.removeInstance(replaced);
      this.#forget(id);
      this.#inbox.delete(id);
    }
    const instance = this.#newInstance(id, name, input, version, parent);
    this.#store.saveInstance(instance);
    this.#instances.set(id, instance);
    if (!acceptsVersion(this.config.defaultVersion, version)) {
      this.#warn(
        `instance ${id} of version ${version} stays Pending: the app's defaultVersion is ${this.config.defaultVersion ?? 'not set'}. In Azure it would do so silently.`,
      );
      return undefined;
    }
    return this.#store.addMessage(startMessage(instance, parent === undefined ? generationAfter(replaced) : null));
  }

  #newInstance(
    id: string,
    name: string,
    input: string | null,
    version: string | null,
    parent: ParentReference | undefined,
  ): Instance {
    const nowMs = this.#clock.nowMs();
    const executionId = parent === undefined ? randomUUID() : randomUUID().replaceAll('-', '');
    this.#lastRowId += 1;
    return {
      rowId: this.#lastRowId,
      id,
      executionId,
      name,
      version,
      status: 'Pending',
      input,
      output: null,
      customStatus: null,
      suspendReason: null,
      parent,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      nextInput: null,
      pendingEnd: undefined,
      history: [],
    };
  }

  #forget(instanceId: string): void {
    this.#work = this.#work.filter((one) => one.instanceId !== instanceId);
    this.#timers.cancelInstance(instanceId);
  }

  #timerFired({ instanceId, executionId, taskId, fireMs }: Timer): void {
    this.#deliver({
      instanceId,
      executionId,
      type: eventTypes.timerFired,
      fields: { TimerId: taskId, FireAt: new Date(fireMs).toISOString() },
    });
  }

  #deliver(message: InboxMessage): void {
    const waiting = this.#inbox.get(message.instanceId);
    if (waiting === undefined) this.#inbox.set(message.instanceId, [message]);
    else waiting.push(message);
    this.#ready.add(message.instanceId);
    setImmediate(() => this.#dispatch());
  }

  #dispatch(): void {
    if (this.#stopping) return;
    for (const id of this.#ready) {
      if (this.#turning.size >= this.config.maxConcurrentOrchestratorFunctions) break;
      if (this.#turning.has(id)) continue;
      this.#ready.delete(id);
      this.#turning.add(id);
      this.#turn(id).then(
        () => this.#after(id),
        (error: unknown) => this.#crash(error),
      );
    }
    while (this.#running < this.config.maxConcurrentActivityFunctions) {
      const next = this.#work.shift();
      if (next === undefined) break;
      this.#running += 1;
      this.#runActivity(next).then(
        () => {
          this.#running -= 1;
          this.#dispatch();
          this.#notifyIdle();
        },
        (error: unknown) => this.#crash(error),
      );
    }
    this.#notifyIdle();
  }

  #after(id: string): void {
    this.#turning.delete(id);
    this.#dispatch();
  }

  /** A fault of the hub itself: better to stop the process than to go on with half a state. */
  #crash(error: unknown): never {
    throw new Error('The task hub failed.', { cause: error });
  }

  async #turn(id: string): Promise<void> {
    const instance = this.#instances.get(id);
    const batch = this.#takeBatch(id, instance);
    if (batch === undefined) return;
    const { taken, dropped } = batch;
    if (instance === undefined || taken.length === 0) {
      if (dropped.length > 0) await this.#commits.commit(() => this.#removeMessages(dropped));
      return;
    }
    if (!this.#worker.functions.has(instance.name.toLowerCase())) {
      const known = [...this.#worker.functions.values()].filter(
        ({ trigger }) => trigger.type === 'orchestrationTrigger',
      );
      const reason =
        `Orchestrator function '${instance.name}' failed: The function '${instance.name}' doesn't exist, is disabled, or is not an orchestrator function. ` +
        `Additional info: The following are the known orchestrator functions: ${known.map(({ name }) => `'${name}'`).join(', ')}.`;
      await this.#finish(instance, [...taken, ...dropped], undefined, { kind: 'failed', reason });
      return;
    }
    this.counts.turns += 1;
    const result = await runTurn(this.#worker, instance, taken, this.#clock.nowMs());
    for (const warning of result.warnings) this.#warn(`${instance.name} ${instance.id}: ${warning}`);
    if (this.#instances.get(id) !== instance) return;
    await this.#storeTurn(instance, [...taken, ...dropped], result);
  }

  /** Messages of this turn. While suspended only a resumption or a termination counts; while ending, only completions. */
  #takeBatch(
    id: string,
    instance: Instance | undefined,
  ): { taken: InboxMessage[]; dropped: InboxMessage[] } | undefined {
    const waiting = this.#inbox.get(id);
    if (waiting === undefined || waiting.length === 0) return undefined;
    const isEnded = instance === undefined || endedStatuses.has(instance.status);
    const taken: InboxMessage[] = [];
    const dropped: InboxMessage[] = [];
    const held: InboxMessage[] = [];
    // The first batch after continueAsNew holds what was carried over and nothing else.
    const isContinued = waiting[0]?.isContinued === true;
    for (const message of waiting) {
      if (isContinued && message.isContinued !== true) held.push(message);
      else if (isEnded || (message.executionId !== undefined && message.executionId !== instance.executionId))
        dropped.push(message);
      else if (instance.status === 'Suspended' && !wakesSuspended.has(message.type)) held.push(message);
      else if (instance.nextInput !== null && message.type === eventTypes.eventRaised) held.push(message);
      else taken.push(message);
    }
    if (held.length === 0) this.#inbox.delete(id);
    else this.#inbox.set(id, held);
    return { taken, dropped };
  }

  async #storeTurn(instance: Instance, messages: readonly InboxMessage[], result: TurnResult): Promise<void> {
    if (result.outcome.kind === 'ended') {
      await this.#finish(instance, messages, result, result.outcome.end);
      return;
    }
    const from = instance.history.length;
    const { works, timers, children, effects } = this.#effectsOf(instance, result);
    const starts: InboxMessage[] = [];
    await this.#commits.commit(() => {
      this.#removeMessages(messages);
      this.#store.appendTurn(instance, from, result.events, effects);
      for (const child of children) starts.push(...this.#startChild(instance, child));
      const changed = apply(instance, result, this.#clock.nowMs());
      if (changed || this.#unstored.has(instance.id)) this.#store.saveInstance(instance);
    });
    for (const taskId of result.canceledTimers) this.#timers.cancelTask(instance, taskId);
    this.#confirmStart(instance.id);
    instance.history.push(...result.events);
    markPlayed(instance.history);
    this.#work.push(...works);
    for (const timer of timers) this.#timers.arm(timer);
    for (const message of starts) this.#deliver(message);
    if (this.#inbox.has(instance.id) && instance.status !== 'Suspended') this.#ready.add(instance.id);
  }

  #effectsOf(instance: Instance, { scheduled, canceledTimers }: TurnResult) {
    const owner = { instanceId: instance.id, executionId: instance.executionId };
    const works: Work[] = [];
    const timers: Timer[] = [];
    const children: ChildToStart[] = [];
    for (const one of scheduled) {
      if (one.kind === 'activity') works.push({ ...owner, taskId: one.taskId, name: one.name, input: one.input });
      else if (one.kind === 'timer') timers.push({ ...owner, taskId: one.taskId, fireMs: one.fireMs });
      else children.push(one);
    }
    const effects: TurnEffects | undefined =
      works.length === 0 && canceledTimers.length === 0
        ? undefined
        : {
            inputs: Object.fromEntries(works.map(({ taskId, input }) => [taskId, input])),
            canceled: canceledTimers,
          };
    return { works, timers, children, effects };
  }

  /** Inside a transaction. */
  #startChild(parent: Instance, child: ChildToStart): InboxMessage[] {
    const existing = this.#instances.get(child.instanceId);
    if (existing !== undefined && !endedStatuses.has(existing.status))
      this.#warn(`child ${child.instanceId} replaces a running instance of that id, as in Azure.`);
    const version =
      child.version === undefined || child.version === '' ? (this.config.defaultVersion ?? null) : child.version;
    const message = this.#createInstance(child.instanceId, child.name, child.input, version, {
      instanceId: parent.id,
      executionId: parent.executionId,
      name: parent.name,
      taskId: child.taskId,
    });
    return message === undefined ? [] : [message];
  }

  /** Stores the end of an execution, tells the parent, or begins the next generation. */
  async #finish(
    instance: Instance,
    messages: readonly InboxMessage[],
    result: TurnResult | undefined,
    end: End,
  ): Promise<void> {
    const out: InboxMessage[] = [];
    const events =
      end.kind === 'continued' ? [] : [...(result?.events ?? []), executionCompleted(end, this.#clock.nowMs())];
    await this.#commits.commit(() => {
      this.#removeMessages(messages);
      if (end.kind === 'continued') {
        out.push(...this.#nextGeneration(instance, end.input, result?.carriedOver ?? []));
        return;
      }
      this.#store.appendTurn(instance, instance.history.length, events);
      if (result !== undefined) instance.customStatus = result.customStatus;
      instance.pendingEnd = undefined;
      instance.status = end.kind === 'completed' ? 'Completed' : end.kind === 'failed' ? 'Failed' : 'Terminated';
      instance.output = end.kind === 'completed' ? end.output : JSON.stringify(end.reason);
      instance.updatedAtMs = this.#clock.nowMs();
      this.#store.saveInstance(instance);
      const told = tellParent(instance, end);
      if (told !== undefined && this.#instances.has(told.instanceId)) out.push(this.#store.addMessage(told));
    });
    this.#confirmStart(instance.id);
    instance.history.push(...events);
    this.#forget(instance.id);
    for (const message of out) this.#deliver(message);
  }

  #confirmStart(id: string): void {
    this.#unstored.get(id)?.stored();
    this.#unstored.delete(id);
  }

  /** Inside a transaction: the same id, a new execution, an empty history. */
  #nextGeneration(instance: Instance, input: string, carriedOver: readonly InboxMessage[]): InboxMessage[] {
    this.#store.clearTurns(instance);
    instance.history = [];
    instance.executionId = randomUUID().replaceAll('-', '');
    instance.input = input;
    instance.nextInput = null;
    instance.pendingEnd = undefined;
    instance.customStatus = null;
    instance.status = 'Running';
    instance.updatedAtMs = this.#clock.nowMs();
    this.#store.saveInstance(instance);
    const started = this.#store.addMessage({
      ...startMessage(instance, null),
      isContinued: true,
    });
    const carried = carriedOver.map((message) => this.#store.addMessage({ ...message, isContinued: true }));
    const held = this.#inbox.get(instance.id) ?? [];
    this.#inbox.set(instance.id, []);
    return [started, ...carried, ...held];
  }

  async #runActivity(work: Work): Promise<void> {
    this.counts.activities += 1;
    const trigger = this.#worker.functions.get(work.name.toLowerCase())?.trigger.name ?? '';
    const { returnValue, error } = await this.#worker.invoke(work.name, {
      // Null and undefined arrive as no data at all. @source durable-traces, echoTypes
      inputData: [
        { name: trigger, data: work.input === 'null' ? {} : { string: work.input } },
        ...this.#clientInputs(work.name),
      ],
      triggerMetadata: { instanceId: { string: work.instanceId } },
    });
    if (this.#faults.activityFinished?.(work) === 'lose') {
      this.#work.push(work);
      return;
    }
    const instance = this.#instances.get(work.instanceId);
    if (instance === undefined || instance.executionId !== work.executionId || endedStatuses.has(instance.status))
      return;
    this.#deliver(activityMessage(work, error, resultText(returnValue)));
  }

  /** Payload of durable client inputs; set by whoever serves the management API. */
  clientBinding: () => string = () => '{}';

  #clientInputs(name: string): { name: string; data: { string: string } }[] {
    const bindings = Object.values(this.#worker.functions.get(name.toLowerCase())?.bindings ?? {});
    return bindings
      .filter((one) => one.type === 'durableClient')
      .map((one) => ({ name: one.name, data: { string: this.clientBinding() } }));
  }

  #removeMessages(messages: readonly InboxMessage[]): void {
    for (const { rowId } of messages) if (rowId !== undefined) this.#store.removeMessage(rowId);
  }

  #commitNow<T>(write: () => T): T {
    const result = this.#store.transaction(write);
    this.#faults.committed?.();
    return result;
  }

  #isIdle(): boolean {
    return (
      this.#turning.size === 0 &&
      this.#running === 0 &&
      this.#commits.isIdle &&
      this.#work.length === 0 &&
      this.#ready.size === 0
    );
  }

  #notifyIdle(): void {
    if (!this.#isIdle() || this.#idleWaiters.length === 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

const wakesSuspended: ReadonlySet<number> = new Set([eventTypes.executionResumed, eventTypes.executionTerminated]);
