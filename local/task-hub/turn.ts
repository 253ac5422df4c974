/**
 * One turn of an instance: its new messages become history events, the real replay runs, and what it wants becomes
 * effects. Nothing is written here; the hub stores a turn's result in one transaction.
 *
 * @source local-runtime.md §3.3 to §3.7 and §4.1
 */
import type { Worker } from '../worker/worker.ts';
import { actionTypes, watchEpisode, type Action, type EpisodeView, type OpenTask } from './executor-view.ts';
import { eventTypes, historyEvent, outsideEventTypes, type HistoryEvent } from './history.ts';
import type { InboxMessage, Instance } from './instance.ts';
import { nonDeterminism } from './non-determinism.ts';

/** Something that the orchestration scheduled. */
export type Scheduled =
  | { readonly kind: 'activity'; readonly taskId: number; readonly name: string; readonly input: string }
  | { readonly kind: 'timer'; readonly taskId: number; readonly fireMs: number }
  | {
      readonly kind: 'child';
      readonly taskId: number;
      readonly name: string;
      readonly instanceId: string;
      readonly input: string | null;
      readonly version: string | undefined;
    };

/** What a turn came to. */
export interface TurnResult {
  /** Events to append to the history. */
  readonly events: readonly HistoryEvent[];
  readonly scheduled: readonly Scheduled[];
  /** Timers that the orchestration canceled. */
  readonly canceledTimers: readonly number[];
  readonly customStatus: string | null;
  readonly outcome:
    | { readonly kind: 'running' }
    /** Returned, failed or continued, but tasks are still open: the end comes when they have ended. */
    | { readonly kind: 'ending'; readonly end: End }
    | { readonly kind: 'ended'; readonly end: End };
  /** Messages for the next generation. */
  readonly carriedOver: readonly InboxMessage[];
  /** Things that Azure would swallow. */
  readonly warnings: readonly string[];
}

/** How an execution ends. */
export type End =
  | { readonly kind: 'completed'; readonly output: string | null }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'terminated'; readonly reason: string | null }
  | { readonly kind: 'continued'; readonly input: string };

/** What the extension tells the worker beside the history. @source durable-traces/README.md */
const constants = {
  sourceInstanceId: null,
  upperSchemaVersion: 1,
  upperSchemaVersionNew: 3,
  longRunningTimerIntervalDuration: '3.00:00:00',
  maximumShortTimerDuration: '6.00:00:00',
  defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
};
/** Custom status, bytes of UTF-16. @source local-runtime.md 3.4 */
const CUSTOM_STATUS_BYTES = 16 * 1024;
const MARKER = '\n\n$OutOfProcData$:';

interface OrchestratorState {
  readonly isDone?: boolean;
  readonly output?: unknown;
  readonly error?: string;
  readonly customStatus?: unknown;
}

/**
 * Runs one turn.
 *
 * @param messages - in order of arrival, for this execution
 */
export async function runTurn(
  worker: Worker,
  instance: Instance,
  messages: readonly InboxMessage[],
  nowMs: number,
): Promise<TurnResult> {
  const received = messages.map((message) => historyEvent(message.type, nowMs, message.fields));
  const events = opening(messages, received, nowMs);
  const terminated = received.find((event) => event.EventType === eventTypes.executionTerminated);
  const episode = await replay(worker, instance, events);
  if (messages[0]?.isContinued === true) for (const event of events.slice(2)) event.IsPlayed = true;
  const failure =
    episode.failure ?? misuse(worker, instance, episode) ?? nonDeterminism(instance.history, episode.view.scheduled);
  const customStatus = statusText(episode.state.customStatus);
  const base = {
    customStatus,
    warnings: [] as string[],
    carriedOver: [] as InboxMessage[],
    canceledTimers: canceledTimers(episode.view),
  };
  const close = (scheduled: readonly Scheduled[]): HistoryEvent[] => [
    ...events,
    ...scheduled.map((one) => schedulingEvent(one, nowMs)),
    // The first batch after continueAsNew is closed already; only what was scheduled is closed again.
    ...(messages[0]?.isContinued === true && scheduled.length === 0
      ? []
      : [historyEvent(eventTypes.orchestratorCompleted, nowMs)]),
  ];

  if (terminated !== undefined) {
    const reason = terminated['Input'];
    return {
      ...base,
      scheduled: [],
      events: close([]),
      outcome: { kind: 'ended', end: { kind: 'terminated', reason: typeof reason === 'string' ? reason : null } },
    };
  }
  if (customStatus !== null && customStatus.length * 2 > CUSTOM_STATUS_BYTES) {
    const reason = 'The UTF-16 size of the JSON-serialized payload must not exceed 16 KB.';
    return {
      ...base,
      customStatus: null,
      scheduled: [],
      events: close([]),
      outcome: { kind: 'ended', end: { kind: 'failed', reason } },
    };
  }
  const scheduled = newlyScheduled(instance, episode.view, nowMs);
  const all = close(scheduled);
  const end = endOf(instance, episode, failure);
  if (end === undefined) return { ...base, scheduled, events: all, outcome: { kind: 'running' } };
  const carriedOver = end.kind === 'continued' ? unread(messages, instance, episode.view) : [];
  const warnings = end.kind === 'continued' ? lost(episode.view) : [];
  const isOpen = openIds(episode.view, [...instance.history, ...all]).length > 0 && failure?.hard !== true;
  return {
    ...base,
    warnings,
    carriedOver,
    scheduled,
    events: all,
    outcome: { kind: isOpen ? 'ending' : 'ended', end },
  };
}

/**
 * What opens a turn. After continueAsNew the first batch is closed at once, and what was carried over stands in it as
 * played. @source durable-traces/README.md, "Continue as new"
 */
function opening(messages: readonly InboxMessage[], received: readonly HistoryEvent[], nowMs: number): HistoryEvent[] {
  const started = historyEvent(eventTypes.orchestratorStarted, nowMs);
  if (messages[0]?.isContinued !== true) return [started, ...received];
  const [execution, ...carriedOver] = received;
  for (const event of carriedOver) event.IsPlayed = true;
  return [
    started,
    ...(execution === undefined ? [] : [execution]),
    ...carriedOver,
    historyEvent(eventTypes.orchestratorCompleted, nowMs),
  ];
}

interface Failure {
  readonly reason: string;
  /** Ends the instance at once, whatever is open. */
  readonly hard: boolean;
}

interface Episode {
  readonly state: OrchestratorState;
  readonly view: EpisodeView;
  readonly failure: Failure | undefined;
}

async function replay(worker: Worker, instance: Instance, events: readonly HistoryEvent[]): Promise<Episode> {
  const payload = {
    history: [...instance.history, ...events],
    input: instance.input === null ? null : (JSON.parse(instance.input) as unknown),
    instanceId: instance.id,
    isReplaying: instance.history.length > 0,
    parentInstanceId: instance.parent?.instanceId ?? null,
    ...constants,
  };
  const trigger = worker.functions.get(instance.name.toLowerCase())?.trigger.name ?? '';
  let view: (() => EpisodeView) | undefined;
  const { error, returnValue } = await worker.invoke(instance.name, {
    inputData: [{ name: trigger, data: { string: JSON.stringify(payload) } }],
    onContext: (context) => {
      view = watchEpisode(context);
    },
  });
  if (view === undefined)
    throw new Error(`Orchestrator function "${instance.name}" could not be invoked: ${error?.message ?? ''}`);
  if (error === undefined)
    return { state: JSON.parse(returnValue?.json ?? '{}') as OrchestratorState, view: view(), failure: undefined };
  const at = error.message.indexOf(MARKER);
  const state = at < 0 ? {} : (JSON.parse(error.message.slice(at + MARKER.length)) as OrchestratorState);
  const text = at < 0 ? error.message : (state.error ?? '');
  const reason =
    text === ''
      ? `One or more errors occurred. (${error.message}) An orchestrator must throw an Error with a text.`
      : text;
  return {
    state,
    view: view(),
    failure: { reason: `Orchestrator function '${instance.name}' failed: ${reason}`, hard: false },
  };
}

function endOf(instance: Instance, episode: Episode, failure: Failure | undefined): End | undefined {
  if (failure !== undefined) return { kind: 'failed', reason: failure.reason };
  const last = episode.view.executor.actions.at(-1);
  if (last?.actionType === actionTypes.continueAsNew)
    return { kind: 'continued', input: JSON.stringify(last.input ?? null) };
  if (episode.state.isDone === true)
    return {
      kind: 'completed',
      output: episode.state.output === undefined ? null : JSON.stringify(episode.state.output),
    };
  const { executor } = episode.view;
  if (Object.keys(executor.openTasks).length === 0 && Object.keys(executor.openEvents).length === 0) {
    return {
      kind: 'failed',
      reason: `Orchestrator function '${instance.name}' waits for nothing that could come (a Task.all or Task.any over finished tasks?). In Azure it would stay Running for ever.`,
    };
  }
  return undefined;
}

/** @returns ids of tasks that were started and have not ended; canceled timers do not count */
function openIds(view: EpisodeView, history: readonly HistoryEvent[]): number[] {
  const ended = new Set(
    history.flatMap((event) => [event['TaskScheduledId'], event['TimerId']]).filter((id) => typeof id === 'number'),
  );
  return Object.entries(view.executor.openTasks)
    .filter(([, task]) => task.actionObj === 'noOp' || task.actionObj.isCanceled !== true)
    .map(([id]) => Number(id))
    .filter((id) => Number.isInteger(id) && !ended.has(id));
}

function newlyScheduled(instance: Instance, view: EpisodeView, nowMs: number): Scheduled[] {
  const known = new Set(instance.history.filter((event) => event.EventId >= 0).map((event) => event.EventId));
  return Object.entries(view.executor.openTasks)
    .map(([id, task]) => ({ id: Number(id), task }))
    .filter(({ id }) => Number.isInteger(id) && !known.has(id))
    .toSorted((a, b) => a.id - b.id)
    .flatMap(({ id, task }) => toScheduled(instance, id, task, nowMs));
}

function toScheduled(instance: Instance, taskId: number, task: OpenTask, nowMs: number): Scheduled[] {
  if (task.actionObj === 'noOp' && task.parent?.isWaitingOnTimer === true)
    return [{ kind: 'timer', taskId, fireMs: retryAtMs(task, nowMs) }];
  const action = task.actionObj === 'noOp' ? task.parent?.innerTask?.actionObj : task.actionObj;
  if (action === undefined) return [];
  switch (action.actionType) {
    case actionTypes.createTimer:
      return action.isCanceled === true ? [] : [{ kind: 'timer', taskId, fireMs: action.fireAt?.getTime() ?? nowMs }];
    case actionTypes.callActivity:
    case actionTypes.callActivityWithRetry:
      return [{ kind: 'activity', taskId, name: action.functionName ?? '', input: activityInput(action.input) }];
    case actionTypes.callSubOrchestrator:
    case actionTypes.callSubOrchestratorWithRetry: {
      const instanceId =
        action.instanceId === undefined || action.instanceId === ''
          ? `${instance.executionId}:${taskId}`
          : action.instanceId;
      return [
        {
          kind: 'child',
          taskId,
          name: action.functionName ?? '',
          instanceId,
          input: action.input === undefined ? null : JSON.stringify(action.input),
          version: action.version,
        },
      ];
    }
    default:
      return [];
  }
}

/** Text inputs travel JSON-encoded already; a bare boolean arrives as the text True or False. @source local-runtime.md 3.4, 3.8 */
function activityInput(input: unknown): string {
  if (typeof input === 'string') return input;
  if (typeof input === 'boolean') return input ? 'True' : 'False';
  return JSON.stringify(input ?? null);
}

/** @source local-runtime.md 4.3: min(first × backoff^(n-1), longest); after the last attempt one more timer, due at once */
function retryAtMs(task: OpenTask, nowMs: number): number {
  const options = task.parent?.retryOptions;
  const next = task.parent?.attemptNumber ?? 2;
  if (options === undefined || next > options.maxNumberOfAttempts) return nowMs;
  const longest = options.maxRetryIntervalInMilliseconds ?? 6 * 86_400_000;
  return (
    nowMs +
    Math.min(options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** (next - 2), longest)
  );
}

function schedulingEvent(one: Scheduled, nowMs: number): HistoryEvent {
  switch (one.kind) {
    case 'activity':
      return historyEvent(
        eventTypes.taskScheduled,
        nowMs,
        { Name: one.name, Version: '', Input: null, ParentTraceContext: null, Tags: null },
        one.taskId,
      );
    case 'timer':
      return historyEvent(eventTypes.timerCreated, nowMs, { FireAt: new Date(one.fireMs).toISOString() }, one.taskId);
    case 'child':
      return historyEvent(
        eventTypes.subOrchestrationCreated,
        nowMs,
        {
          Name: one.name,
          Version: one.version ?? null,
          InstanceId: one.instanceId,
          Input: null,
          ClientSpanId: null,
          Tags: null,
        },
        one.taskId,
      );
  }
}

function canceledTimers(view: EpisodeView): number[] {
  return [...view.scheduled]
    .filter(
      ([, task]) =>
        task.actionObj !== 'noOp' &&
        task.actionObj.actionType === actionTypes.createTimer &&
        task.actionObj.isCanceled === true,
    )
    .map(([id]) => id);
}

/** Messages of this batch that the replay never read because the orchestrator had continued as new: they are carried over. */
function unread(messages: readonly InboxMessage[], instance: Instance, view: EpisodeView): InboxMessage[] {
  const read = view.processed - instance.history.length - 1;
  return messages
    .slice(Math.max(0, read))
    .filter((message) => message.type === eventTypes.eventRaised)
    .map(({ rowId: _rowId, ...message }) => message);
}

/** Events that were delivered and that nobody waited for before continueAsNew: the real extension loses them. */
function lost(view: EpisodeView): string[] {
  const deferred = (view.executor as unknown as { deferredTasks?: Record<string, unknown[]> }).deferredTasks ?? {};
  return Object.entries(deferred)
    .filter(([name, waiting]) => !/^\d+$/.test(name) && waiting.length > 0)
    .map(([name, waiting]) => `${waiting.length} delivered event(s) "${name}" are lost by continueAsNew, as in Azure.`);
}

function statusText(customStatus: unknown): string | null {
  return customStatus === undefined ? null : JSON.stringify(customStatus);
}

/** What Azure accepts and then goes wrong silently with, and what this hub does not serve. */
function misuse(worker: Worker, instance: Instance, { view }: Episode): Failure | undefined {
  const seen = new Set<Action>();
  for (const action of leaves(view.executor.actions)) {
    const what = notServed.get(action.actionType);
    if (what !== undefined) return hard(instance, `${what} is not served by the laptop runtime.`);
    if (action.actionType !== actionTypes.waitForExternalEvent && seen.has(action))
      return hard(
        instance,
        'a task was yielded in a second Task.any or Task.all: in Azure it runs twice, and later results are mixed up.',
      );
    seen.add(action);
    const wrong = wrongAction(worker, instance, action);
    if (wrong !== undefined) return hard(instance, wrong);
  }
  return undefined;
}

function wrongAction(worker: Worker, instance: Instance, action: Action): string | undefined {
  const activity =
    action.actionType === actionTypes.callActivity || action.actionType === actionTypes.callActivityWithRetry;
  const child =
    action.actionType === actionTypes.callSubOrchestrator ||
    action.actionType === actionTypes.callSubOrchestratorWithRetry;
  const kind = activity ? 'activityTrigger' : 'orchestrationTrigger';
  if ((activity || child) && worker.functions.get(action.functionName?.toLowerCase() ?? '')?.trigger.type !== kind) {
    return `there is no ${activity ? 'activity' : 'orchestration'} "${action.functionName}": in Azure the instance would stay Running for ever.`;
  }
  if (child && action.instanceId === instance.id)
    return 'a child has the id of its parent: in Azure the instance hangs.';
  const { retryOptions } = action as { retryOptions?: { retryTimeoutInMilliseconds?: number } };
  if (retryOptions?.retryTimeoutInMilliseconds !== undefined)
    return 'retryTimeoutInMilliseconds: in Azure the instance hangs when it has expired.';
  return undefined;
}

const notServed: ReadonlyMap<number, string> = new Map([
  [7, 'callEntity'],
  [8, 'callHttp'],
  [9, 'signalEntity'],
  [13, 'lock'],
  [14, 'lock'],
]);

function* leaves(actions: readonly Action[]): Generator<Action> {
  for (const action of actions) {
    if (action.compoundActions === undefined) yield action;
    else yield* leaves(action.compoundActions);
  }
}

function hard(instance: Instance, why: string): Failure {
  return { reason: `Orchestrator function '${instance.name}' failed: ${why}`, hard: true };
}

/** Marks everything that came from outside as played, as the next episode gets it. */
export function markPlayed(history: readonly HistoryEvent[]): void {
  for (const event of history) if (outsideEventTypes.has(event.EventType)) event.IsPlayed = true;
}
