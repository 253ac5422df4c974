/**
 * What the replay of `durable-functions` knows after an episode: private members of version 3.5.0, so their shape is
 * asserted before they are used.
 *
 * @source local-runtime.md §3.6
 */
import type { InvocationContext } from '@azure/functions';

/** An action of the library, as far as the hub reads it. */
export interface Action {
  readonly actionType: number;
  readonly functionName?: string;
  readonly input?: unknown;
  readonly instanceId?: string;
  readonly version?: string;
  readonly fireAt?: Date;
  readonly isCanceled?: boolean;
  readonly compoundActions?: readonly Action[];
}

/** A task of the library, as far as the hub reads it. */
export interface OpenTask {
  readonly actionObj: Action | 'noOp';
  readonly parent?: {
    readonly isWaitingOnTimer?: boolean;
    readonly attemptNumber?: number;
    readonly retryOptions?: RetryOptionsView;
    readonly innerTask?: { readonly actionObj: Action };
  };
}

/** Retry options, in the library's own words. */
export interface RetryOptionsView {
  readonly firstRetryIntervalInMilliseconds: number;
  readonly maxNumberOfAttempts: number;
  readonly backoffCoefficient?: number;
  readonly maxRetryIntervalInMilliseconds?: number;
  readonly retryTimeoutInMilliseconds?: number;
}

/** Action types. @source durable-functions 3.5.0, lib/src/actions/ActionType.js */
export const actionTypes = {
  callActivity: 0,
  callActivityWithRetry: 1,
  callSubOrchestrator: 2,
  callSubOrchestratorWithRetry: 3,
  continueAsNew: 4,
  createTimer: 5,
  waitForExternalEvent: 6,
} as const;

interface RawExecutor {
  openTasks: Record<string, OpenTask>;
  openEvents: Record<string, unknown[]>;
  actions: Action[];
  sequenceNumber: number;
  trackOpenTask(task: { id: unknown; children?: unknown }): unknown;
  processEvent(event: unknown): void;
}

/** A running or finished episode, watched from outside. */
export interface EpisodeView {
  /** Event id → the task that the replay gave it: everything scheduled so far, finished or not. */
  readonly scheduled: ReadonlyMap<number, OpenTask>;
  /** Events of the history that the replay has read. */
  readonly processed: number;
  readonly executor: RawExecutor;
}

/**
 * Watches an episode. Call it with the invocation's context before the function runs.
 *
 * @throws {Error} this version of the library has another shape
 */
export function watchEpisode(context: InvocationContext): () => EpisodeView {
  const scheduled = new Map<number, OpenTask>();
  let processed = 0;
  let executor: RawExecutor | undefined;
  let df: unknown;
  Object.defineProperty(context, 'df', {
    configurable: true,
    get: () => df,
    set(value: { taskOrchestratorExecutor?: RawExecutor }) {
      df = value;
      const raw = value.taskOrchestratorExecutor;
      if (
        raw === undefined ||
        typeof raw.trackOpenTask !== 'function' ||
        typeof raw.processEvent !== 'function' ||
        typeof raw.sequenceNumber !== 'number'
      ) {
        throw new Error(
          'This durable-functions has another executor than 3.5.0: the laptop task hub does not know it.',
        );
      }
      executor = raw;
      const track = raw.trackOpenTask.bind(raw);
      raw.trackOpenTask = (task) => {
        if (task.id === false && task.children === undefined)
          scheduled.set(raw.sequenceNumber, task as unknown as OpenTask);
        return track(task);
      };
      const process = raw.processEvent.bind(raw);
      raw.processEvent = (event) => {
        processed += 1;
        process(event);
      };
    },
  });
  return () => {
    if (executor === undefined) throw new Error('The orchestration never began.');
    return { scheduled, processed, executor };
  };
}
