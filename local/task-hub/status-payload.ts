import { eventTypeNames, eventTypes, type HistoryEvent } from './history.ts';
import type { Instance } from './instance.ts';

/** What a status query asks for beside the status. */
export interface StatusFlags {
  readonly showHistory: boolean;
  readonly showHistoryOutput: boolean;
  readonly showInput: boolean;
}

/**
 * Status of an instance as the API answers it.
 *
 * @source local-runtime.md §3.5: times in whole seconds; input, output and custom status parsed
 */
export function statusPayload(instance: Instance, flags: StatusFlags): Record<string, unknown> {
  return {
    name: instance.name,
    instanceId: instance.id,
    runtimeStatus: instance.status,
    input: flags.showInput ? parsed(instance.input) : null,
    customStatus: parsed(instance.customStatus),
    output: instance.status === 'Suspended' ? instance.suspendReason : parsed(instance.output),
    createdTime: seconds(instance.createdAtMs),
    lastUpdatedTime: seconds(instance.updatedAtMs),
    ...(instance.version === null ? {} : { version: instance.version }),
    ...(instance.parent === undefined ? {} : { parentInstanceId: instance.parent.instanceId }),
    ...(flags.showHistory && instance.status !== 'Pending' ? { historyEvents: historyPayload(instance, flags) } : {}),
  };
}

function historyPayload(instance: Instance, flags: StatusFlags): Record<string, unknown>[] {
  const scheduling = new Map(
    instance.history.filter((event) => event.EventId >= 0).map((event) => [event.EventId, event]),
  );
  const finished = new Set(
    instance.history.map((event) => event['TaskScheduledId']).filter((id) => typeof id === 'number'),
  );
  const shown = instance.history.filter((event) => {
    if (event.EventType === eventTypes.orchestratorStarted || event.EventType === eventTypes.orchestratorCompleted)
      return false;
    const isScheduling =
      event.EventType === eventTypes.taskScheduled || event.EventType === eventTypes.subOrchestrationCreated;
    return !isScheduling || !finished.has(event.EventId);
  });
  return shown.map((event) => eventPayload(event, scheduling, flags));
}

const hidden = new Set([
  'EventId',
  'IsPlayed',
  'TaskScheduledId',
  'TimerId',
  'Version',
  'EventType',
  'OrchestrationInstance',
  'ParentInstance',
  'Tags',
  'FailureDetails',
  'Name',
  'Generation',
  'Correlation',
  'ParentTraceContext',
  'ScheduledStartTime',
]);

function eventPayload(
  event: HistoryEvent,
  scheduling: ReadonlyMap<number, HistoryEvent>,
  flags: StatusFlags,
): Record<string, unknown> {
  const scheduledId = event['TaskScheduledId'];
  const scheduled = typeof scheduledId === 'number' ? scheduling.get(scheduledId) : undefined;
  const fields = Object.fromEntries(
    Object.entries(event).filter(([key]) => !hidden.has(key) && (key !== 'Result' || flags.showHistoryOutput)),
  );
  const name = event.EventType === eventTypes.executionStarted ? event['Name'] : scheduled?.['Name'];
  return {
    EventType: eventTypeNames[event.EventType] ?? String(event.EventType),
    ...fields,
    ...(scheduled === undefined ? {} : { ScheduledTime: scheduled.Timestamp }),
    ...(name === undefined ? (event['Name'] === undefined ? {} : { Name: event['Name'] }) : { FunctionName: name }),
  };
}

function parsed(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function seconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
