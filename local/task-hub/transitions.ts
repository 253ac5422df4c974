/** How an instance goes from one state to the next: pure, so that the hub only stores what they say. */
import { eventTypes, historyEvent, type HistoryEvent } from './history.ts';
import type { InboxMessage, Instance } from './instance.ts';
import type { End, TurnResult } from './turn.ts';

/** @source local-runtime.md 4.8: at most 256 characters, none of `/ \ # ?`, not starting with `@` */
export function isInstanceId(id: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  return id.length > 0 && id.length <= 256 && !/[/\\#?\u0000-\u001f\u007f-\u009f]/.test(id);
}

/**
 * The first message of an execution.
 *
 * @param generation - how often the id was started before; null for children and continued executions
 */
export function startMessage(instance: Instance, generation: number | null): InboxMessage {
  const { id: instanceId, executionId } = instance;
  return { instanceId, executionId, type: eventTypes.executionStarted, fields: executionStarted(instance, generation) };
}

function executionStarted(instance: Instance, generation: number | null): Record<string, unknown> {
  const { parent } = instance;
  return {
    Name: instance.name,
    Version: instance.version,
    Input: instance.input,
    OrchestrationInstance: { InstanceId: instance.id, ExecutionId: instance.executionId },
    ParentInstance:
      parent === undefined
        ? null
        : {
            Name: parent.name,
            OrchestrationInstance: { InstanceId: parent.instanceId, ExecutionId: parent.executionId },
            TaskScheduleId: parent.taskId,
            Version: null,
          },
    Tags: null,
    ScheduledStartTime: null,
    Generation: generation,
    GenerateNewTrace: false,
    Correlation: null,
    ParentTraceContext: null,
  };
}

/** @returns how often the id was started before the instance that takes its place */
export function generationAfter(replaced: Instance | undefined): number {
  const before = replaced?.history.find((event) => event.EventType === eventTypes.executionStarted)?.['Generation'];
  return replaced === undefined ? 0 : 1 + (typeof before === 'number' ? before : 0);
}

/** The last event; the status endpoint shows it. */
export function executionCompleted(end: Exclude<End, { kind: 'continued' }>, nowMs: number): HistoryEvent {
  const status = end.kind === 'completed' ? 'Completed' : end.kind === 'failed' ? 'Failed' : 'Terminated';
  const result = end.kind === 'completed' ? end.output : end.reason;
  return historyEvent(eventTypes.executionCompleted, nowMs, {
    OrchestrationStatus: status,
    Result: result,
    FailureDetails: null,
  });
}

/**
 * Applies what a turn came to.
 *
 * @returns whether anything changed that the history doesn't tell
 */
export function apply(instance: Instance, result: TurnResult, nowMs: number): boolean {
  const { status, customStatus, suspendReason, nextInput } = instance;
  instance.customStatus = result.customStatus;
  instance.updatedAtMs = nowMs;
  const last = result.events.findLast(
    (event) => event.EventType === eventTypes.executionSuspended || event.EventType === eventTypes.executionResumed,
  );
  if (last?.EventType === eventTypes.executionSuspended) {
    instance.status = 'Suspended';
    instance.suspendReason = typeof last['Reason'] === 'string' ? last['Reason'] : '';
  } else if (instance.status !== 'Suspended' || last !== undefined) {
    instance.status = 'Running';
    instance.suspendReason = null;
  }
  if (result.outcome.kind === 'ending' && result.outcome.end.kind === 'continued')
    instance.nextInput = result.outcome.end.input;
  return (
    status !== instance.status ||
    customStatus !== instance.customStatus ||
    suspendReason !== instance.suspendReason ||
    nextInput !== instance.nextInput
  );
}

/** @returns what the parent of an ended instance is told */
export function tellParent(instance: Instance, end: End): InboxMessage | undefined {
  const { parent } = instance;
  if (parent === undefined || end.kind === 'continued') return undefined;
  const target = { instanceId: parent.instanceId, executionId: parent.executionId };
  if (end.kind === 'completed')
    return {
      ...target,
      type: eventTypes.subOrchestrationCompleted,
      fields: { TaskScheduledId: parent.taskId, Result: end.output ?? 'null' },
    };
  const reason =
    end.kind === 'failed' ? end.reason : `Orchestration ${instance.id} was terminated: ${end.reason ?? ''}`;
  return {
    ...target,
    type: eventTypes.subOrchestrationFailed,
    fields: {
      TaskScheduledId: parent.taskId,
      Reason: reason,
      Details: `Message: ${reason.replace(`Orchestrator function '${instance.name}' failed: `, '')}, StackTrace: `,
      FailureDetails: null,
    },
  };
}
