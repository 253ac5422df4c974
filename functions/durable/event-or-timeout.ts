import type { OrchestrationContext, Task } from 'durable-functions';

/**
 * Waits for an external event, or until the time is over. A fresh timer every time, canceled when it loses
 * (local-runtime.md trap 14: no task is ever put into a second `Task.any`).
 *
 * @param timeoutMs - longest wait; the timer may fire up to a second early
 * @returns whether the event came
 */
export function* eventOrTimeout(
  context: OrchestrationContext,
  event: string,
  timeoutMs: number,
): Generator<Task, boolean, unknown> {
  const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + timeoutMs));
  const winner = yield context.df.Task.any([context.df.waitForExternalEvent(event), timer]);
  if (winner === timer) return false;
  timer.cancel();
  return true;
}

/** Waits. The timer may fire up to a second early. */
export function* pause(context: OrchestrationContext, delayMs: number): Generator<Task, void, unknown> {
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + delayMs));
}
