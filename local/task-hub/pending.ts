/** What an instance waits for. It follows from its turns, so a turn is one row: what it schedules needs none of its own. */
import { eventTypes, type HistoryEvent } from './history.ts';
import type { Instance } from './instance.ts';

/** An activity to run. `input` is the text that the trigger gets. */
export interface Work {
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly name: string;
  readonly input: string;
}

/** A durable timer to fire. */
export interface Timer {
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly fireMs: number;
}

/** What a turn did and its events do not say: inputs of the activities it scheduled, timers that it canceled. */
export interface TurnEffects {
  readonly inputs: Readonly<Record<number, string>>;
  readonly canceled: readonly number[];
}

/** @returns activities and timers that were scheduled and have not ended, in order */
export function pendingOf(
  { id: instanceId, executionId, history }: Instance,
  effects: readonly TurnEffects[],
): { readonly work: Work[]; readonly timers: Timer[] } {
  const ended = new Set(history.flatMap(({ TaskScheduledId, TimerId }) => [TaskScheduledId, TimerId]));
  const canceled = new Set(effects.flatMap((effect) => effect.canceled));
  const inputs = new Map(effects.flatMap((effect) => Object.entries(effect.inputs)));
  const open = (type: number): HistoryEvent[] =>
    history.filter(({ EventType, EventId }) => EventType === type && !ended.has(EventId) && !canceled.has(EventId));
  return {
    work: open(eventTypes.taskScheduled).map(({ EventId: taskId, ['Name']: name }) => ({
      instanceId,
      executionId,
      taskId,
      name: String(name),
      input: inputs.get(String(taskId)) ?? 'null',
    })),
    timers: open(eventTypes.timerCreated).map(({ EventId: taskId, ['FireAt']: fireAt }) => ({
      instanceId,
      executionId,
      taskId,
      fireMs: Date.parse(String(fireAt)),
    })),
  };
}
