import type { HistoryEvent } from './history.ts';

/** Statuses as the API names them. */
export const runtimeStatuses = [
  'Pending',
  'Running',
  'Suspended',
  'Completed',
  'Failed',
  'Terminated',
  'Canceled',
  'ContinuedAsNew',
] as const;
/** One of {@link runtimeStatuses}. */
export type RuntimeStatus = (typeof runtimeStatuses)[number];
/** Statuses of instances that have ended. */
export const endedStatuses: ReadonlySet<RuntimeStatus> = new Set(['Completed', 'Failed', 'Terminated', 'Canceled']);

/** The orchestration that waits for a child. */
export interface ParentReference {
  readonly instanceId: string;
  readonly executionId: string;
  readonly name: string;
  readonly taskId: number;
}

/** An orchestration instance. Texts are JSON. */
export interface Instance {
  /** Row in the store, in order of creation, so that what changes together lies together. */
  readonly rowId: number;
  readonly id: string;
  executionId: string;
  readonly name: string;
  readonly version: string | null;
  status: RuntimeStatus;
  /** JSON text, or null where it was started without a body. */
  input: string | null;
  output: string | null;
  customStatus: string | null;
  /** Reason of the suspension, shown as output. */
  suspendReason: string | null;
  readonly parent: ParentReference | undefined;
  readonly createdAtMs: number;
  updatedAtMs: number;
  /** Set by continueAsNew while tasks are still open. */
  nextInput: string | null;
  /** The outcome of a returned or failed orchestrator that still has open tasks. */
  pendingEnd: { readonly status: 'Completed' | 'Failed'; readonly output: string | null } | undefined;
  history: HistoryEvent[];
}

/** A message to an instance. `executionId` set: only for that execution; others are dropped on delivery. */
export interface InboxMessage {
  /** Row in the store, for messages that were stored when they were sent. */
  readonly rowId?: number;
  readonly instanceId: string;
  readonly executionId?: string;
  /** The start of an execution after continueAsNew, and the events that were carried over. */
  readonly isContinued?: boolean;
  /** Event without time; the turn stamps it. */
  readonly type: number;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Not before: a fired timer's time, so that long timers never see a clock before them. */
  readonly notBeforeMs?: number;
}
