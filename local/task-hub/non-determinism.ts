import { actionTypes, type OpenTask } from './executor-view.ts';
import { eventTypes, type HistoryEvent } from './history.ts';

/**
 * The library never notices when a replay schedules something else than before; the extension does, and fails the
 * instance.
 *
 * @param history - events before this turn
 * @param scheduled - event id → what the replay scheduled now
 * @source local-runtime.md 4.9
 */
export function nonDeterminism(
  history: readonly HistoryEvent[],
  scheduled: ReadonlyMap<number, OpenTask>,
): { reason: string; hard: boolean } | undefined {
  for (const event of history) {
    const before = kindOfEvent(event);
    if (before === undefined) continue;
    const now = kindOfTask(scheduled.get(event.EventId));
    if (now === undefined) continue;
    const sameName =
      before.name === undefined || now.name === undefined || before.name.toLowerCase() === now.name.toLowerCase();
    if (before.kind === now.kind && sameName) continue;
    const was = before.name === undefined ? '' : ` named '${before.name}'`;
    const is = `${now.kind}${now.name === undefined ? '' : ` named '${now.name}'`}`;
    return {
      hard: true,
      reason: `Non-Deterministic workflow detected: A previous execution of this orchestration scheduled ${before.kind} with sequence number ${event.EventId}${was}, but the current orchestration replay instead scheduled ${is} with this sequence number.  Was a change made to the orchestrator code after this instance had already started running?`,
    };
  }
  return undefined;
}

interface Kind {
  readonly kind: string;
  readonly name?: string | undefined;
}

function kindOfEvent(event: HistoryEvent): Kind | undefined {
  const name = typeof event['Name'] === 'string' ? event['Name'] : undefined;
  if (event.EventType === eventTypes.taskScheduled) return { kind: 'an activity task', name };
  if (event.EventType === eventTypes.subOrchestrationCreated) return { kind: 'a sub-orchestration task', name };
  if (event.EventType === eventTypes.timerCreated) return { kind: 'a timer task' };
  return undefined;
}

function kindOfTask(task: OpenTask | undefined): Kind | undefined {
  if (task === undefined || task.actionObj === 'noOp') return undefined;
  const { actionType, functionName } = task.actionObj;
  if (actionType === actionTypes.createTimer) return { kind: 'a timer task' };
  if (actionType === actionTypes.callActivity || actionType === actionTypes.callActivityWithRetry)
    return { kind: 'an activity task', name: functionName };
  if (actionType === actionTypes.callSubOrchestrator || actionType === actionTypes.callSubOrchestratorWithRetry)
    return { kind: 'a sub-orchestration task', name: functionName };
  return undefined;
}
