import type { OrchestrationContext, Task } from 'durable-functions';

/**
 * Waits for an external event, or until the time is over. A fresh timer every time, canceled when it loses
 * (local-runtime.md trap 14: no task is ever put into a second `Task.any`).
 *
 * @param timeoutMs - longest wait; the timer may fire up to a second early
 * @param missed - waits that lost against their timer: an event that comes later completes one of them and no new one,
 * so whoever waits again hands them over. Without it such an event is not noticed
 * @returns whether the event came
 */
export function* eventOrTimeout(
  context: OrchestrationContext,
  event: string,
  timeoutMs: number,
  missed: Task[] = [],
): Generator<Task, boolean, unknown> {
  const at = missed.findIndex((wait) => wait.isCompleted);
  if (at >= 0) {
    missed.splice(at, 1);
    return true;
  }
  const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + timeoutMs));
  const coming = context.df.waitForExternalEvent(event);
  const winner = yield context.df.Task.any([coming, timer]);
  if (winner === timer) {
    missed.push(coming);
    return false;
  }
  timer.cancel();
  return true;
}

/** Waits. The timer may fire up to a second early. */
export function* pause(context: OrchestrationContext, delayMs: number): Generator<Task, void, unknown> {
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + delayMs));
}
