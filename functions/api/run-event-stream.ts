import type { RunEvent } from '#shared/contracts/records/run.ts';
import { terminalRunStatuses } from '#shared/domain/run/statuses.ts';

import { findRun, readRunEvents, type RunStoreDependencies } from '../run-store/run-store.ts';

/** A stream ends by itself before the 230 s after which Azure's load balancer cuts it. @source issue 3: under three minutes */
const STREAM_MS = 170_000;
/** Pause between looks at the store. */
const LOOK_MS = 500;
/** A comment is sent so often when there is nothing to tell. */
const HEARTBEAT_MS = 15_000;
/** Events a look. */
const PAGE = 100;

/**
 * Events of a run as server-sent events: `id` is the sequence number, so a reader that was cut off goes on with
 * `Last-Event-ID`. Ends when the run has ended and everything was sent, or after {@link STREAM_MS}.
 *
 * @param after - sequence number of the last event that the reader knows
 * @source WHATWG HTML, server-sent events
 */
export function runEventStream(deps: RunStoreDependencies, runId: string, after: number): ReadableStream<Uint8Array> {
  const events = generate(deps, runId, after);
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await events.next();
      if (next.done === true) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    async cancel() {
      await events.return();
    },
  });
}

async function* generate(deps: RunStoreDependencies, runId: string, after: number): AsyncGenerator<string, void> {
  const endMs = deps.clock.nowMs() + STREAM_MS;
  let last = after;
  let quietSinceMs = deps.clock.nowMs();
  yield `retry: 1000\n\n`;
  while (deps.clock.nowMs() < endMs) {
    const head = await findRun(deps, runId);
    const events = await readRunEvents(deps, runId, last, PAGE);
    for (const event of events) {
      yield frame(event);
      last = event.seq;
    }
    if (events.length > 0) {
      quietSinceMs = deps.clock.nowMs();
      continue;
    }
    if (head === undefined || terminalRunStatuses.has(head.status)) return;
    if (deps.clock.nowMs() - quietSinceMs >= HEARTBEAT_MS) {
      yield ': still here\n\n';
      quietSinceMs = deps.clock.nowMs();
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function frame(event: RunEvent): string {
  return `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
