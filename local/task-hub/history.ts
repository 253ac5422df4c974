/**
 * History events as the extension sends them to the worker.
 *
 * @source local-runtime.md §3.3; the recordings in durable-traces
 */

/** Numbers of the event types. */
export const eventTypes = {
  executionStarted: 0,
  executionCompleted: 1,
  executionTerminated: 3,
  taskScheduled: 4,
  taskCompleted: 5,
  taskFailed: 6,
  subOrchestrationCreated: 7,
  subOrchestrationCompleted: 8,
  subOrchestrationFailed: 9,
  timerCreated: 10,
  timerFired: 11,
  orchestratorStarted: 12,
  orchestratorCompleted: 13,
  eventRaised: 15,
  genericEvent: 17,
  executionSuspended: 19,
  executionResumed: 20,
} as const;

/** Names of the event types, as the status endpoint shows them. */
export const eventTypeNames: Readonly<Record<number, string>> = {
  0: 'ExecutionStarted',
  1: 'ExecutionCompleted',
  3: 'ExecutionTerminated',
  4: 'TaskScheduled',
  5: 'TaskCompleted',
  6: 'TaskFailed',
  7: 'SubOrchestrationInstanceCreated',
  8: 'SubOrchestrationInstanceCompleted',
  9: 'SubOrchestrationInstanceFailed',
  10: 'TimerCreated',
  11: 'TimerFired',
  12: 'OrchestratorStarted',
  13: 'OrchestratorCompleted',
  15: 'EventRaised',
  17: 'GenericEvent',
  19: 'ExecutionSuspended',
  20: 'ExecutionResumed',
};

/** One event. `EventId` is -1 except on events that schedule something. */
export interface HistoryEvent {
  readonly EventType: number;
  readonly EventId: number;
  IsPlayed: boolean;
  readonly Timestamp: string;
  readonly [field: string]: unknown;
}

/** Event types that come from outside a turn; only these are ever marked as played. */
export const outsideEventTypes: ReadonlySet<number> = new Set([0, 5, 6, 8, 9, 11, 15, 17, 19, 20]);

/** @returns an event of this instant */
export function historyEvent(
  type: number,
  nowMs: number,
  fields: Readonly<Record<string, unknown>> = {},
  eventId = -1,
): HistoryEvent {
  return { EventType: type, EventId: eventId, IsPlayed: false, Timestamp: new Date(nowMs).toISOString(), ...fields };
}
