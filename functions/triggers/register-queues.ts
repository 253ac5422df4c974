import { app, type InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';

import type { Dependencies } from '../dependencies.ts';
import { durableOrchestrationClient } from '../durable/durable-orchestration-client.ts';
import type { ActivityDependencies } from '../durable/register-activity.ts';
import { handleDataEvent } from './data-events.ts';
import { handleMlEvent } from './ml-events.ts';
import type { ReceivedMessage } from './quarantine.ts';

/** App setting of the Service Bus connection. */
const CONNECTION = 'ServiceBusConnection';

const queues = { 'data-events': handleDataEvent, 'ml-events': handleMlEvent } as const satisfies Record<
  string,
  (deps: ActivityDependencies, message: ReceivedMessage) => Promise<string>
>;

/** Registers the queue triggers; each is named like its queue. */
export function registerQueues(connect: () => Promise<Dependencies>): void {
  for (const [queueName, handle] of Object.entries(queues)) {
    app.serviceBusQueue(queueName, {
      connection: CONNECTION,
      queueName,
      extraInputs: [df.input.durableClient()],
      handler: async (body: unknown, invocation: InvocationContext) => {
        const deps = { ...(await connect()), client: durableOrchestrationClient(df.getClient(invocation)) };
        measureAge(deps, queueName, invocation.triggerMetadata?.['enqueuedTime']);
        await handle(deps, { messageId: String(invocation.triggerMetadata?.['messageId'] ?? ''), body });
      },
    });
  }
}

/**
 * How long the message was in its queue.
 *
 * @param enqueued - `EnqueuedTime` of the trigger's metadata: ISO 8601 with an offset
 */
function measureAge(deps: Pick<Dependencies, 'clock' | 'telemetry'>, queue: string, enqueued: unknown): void {
  const ageMs = deps.clock.nowMs() - Date.parse(String(enqueued));
  if (Number.isFinite(ageMs)) deps.telemetry.measure('whence.queue.age', Math.max(0, ageMs) / 1_000, { queue });
}
