import type { OrchestrationContext, Task } from 'durable-functions';

import { closeWindow, finishWindow, sealWindow } from '#shared/contracts/activities/data-window/window-activities.ts';
import { dataWindowOrchestration } from '#shared/contracts/orchestrations/data-window.ts';
import { WINDOW_EVENT, WAITS_PER_GENERATION } from '#shared/domain/data-window/waiting.ts';

import { callActivity } from '../durable/call-activity.ts';
import { eventOrTimeout } from '../durable/event-or-timeout.ts';

/** Timers fire up to a second early; a window must not close before its time. @source local-runtime.md 4.2 */
const EARLY_MS = 1_000;

/**
 * One generation of collecting: wait for quiet and for the slot, close, seal, start the run. Everything it knows is in
 * its row, so an instance that is started again goes on where the row is, and ends at once if the row is done.
 */
export function* dataWindow(context: OrchestrationContext): Generator<Task, { outcome: 'done' }, unknown> {
  const window = dataWindowOrchestration.input.parse(context.df.getInput());
  for (let waits = 0; ; waits += 1) {
    const closed = yield* callActivity(context, closeWindow, window);
    if (closed.outcome === 'done') return closed;
    if (closed.outcome === 'next') break;
    context.df.setCustomStatus({ waiting: closed.because, until: closed.until });
    const delayMs = Math.max(0, Date.parse(closed.until) - context.df.currentUtcDateTime.getTime()) + EARLY_MS;
    yield* eventOrTimeout(context, WINDOW_EVENT, delayMs);
    if (waits < WAITS_PER_GENERATION) continue;
    context.df.continueAsNew(window);
    return { outcome: 'done' };
  }
  for (;;) {
    const sealed = yield* callActivity(context, sealWindow, window);
    if (sealed.outcome === 'done') return sealed;
    if (sealed.outcome === 'next') break;
  }
  return yield* callActivity(context, finishWindow, window);
}
