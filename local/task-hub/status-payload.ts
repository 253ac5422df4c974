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

/** Fields that the worker gets and a status does not show. */
const hidden = new Set(['EventId', 'IsPlayed', 'TaskScheduledId', 'TimerId', 'Version', 'EventType']);
/** Of the first event, so are these. */
const hiddenAtStart = new Set(['Name', 'OrchestrationInstance', 'ParentInstance', 'Tags']);

function eventPayload(
  event: HistoryEvent,
  scheduling: ReadonlyMap<number, HistoryEvent>,
  flags: StatusFlags,
): Record<string, unknown> {
  const scheduledId = event['TaskScheduledId'];
  const scheduled = typeof scheduledId === 'number' ? scheduling.get(scheduledId) : undefined;
  const isStart = event.EventType === eventTypes.executionStarted;
  const fields = Object.entries(event).filter(
    ([key]) =>
      !hidden.has(key) && !(isStart && hiddenAtStart.has(key)) && (key !== 'Result' || flags.showHistoryOutput),
  );
  return {
    EventType: eventTypeNames[event.EventType] ?? String(event.EventType),
    ...Object.fromEntries(fields.map(([key, value]) => [key, key === 'Result' ? parsed(value) : value])),
    ...(isStart ? { FunctionName: event['Name'] } : {}),
    ...(scheduled === undefined ? {} : scheduledPart(scheduled)),
  };
}

/** What a completion says of the event that scheduled it. */
function scheduledPart(scheduled: HistoryEvent): Record<string, unknown> {
  return {
    ScheduledTime: scheduled.Timestamp,
    FunctionName: scheduled['Name'],
    ...('InstanceId' in scheduled ? { InstanceId: scheduled['InstanceId'] } : {}),
    Input: scheduled['Input'],
  };
}

function parsed(text: unknown): unknown {
  if (typeof text !== 'string') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function seconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
