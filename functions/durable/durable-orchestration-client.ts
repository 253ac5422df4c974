import type { DurableClient } from 'durable-functions';

import { WhenceError } from '#shared/errors/whence-error.ts';
import type { InstanceStatus, OrchestrationClient } from '#shared/ports/orchestration-client.ts';

/** @returns the port over the client of the Durable extension, of one invocation */
export function durableOrchestrationClient(client: DurableClient): OrchestrationClient {
  return {
    async start(orchestration, instanceId, input) {
      try {
        await client.startNew(orchestration, { instanceId, input });
        return 'started';
      } catch (error) {
        // @source local-runtime.md §0 and azure-facts.md 5.4: 409 (500 in builds of 2024) with this text
        if (/already exists/i.test(messageOf(error))) return 'alive';
        throw unavailable(error);
      }
    },

    async raiseEvent(instanceId, event, data) {
      try {
        await client.raiseEvent(instanceId, event, data);
        return true;
      } catch (error) {
        if (/No instance with ID/i.test(messageOf(error))) return false;
        throw unavailable(error);
      }
    },

    status: (instanceId) => statusOf(client, instanceId),
  };
}

async function statusOf(client: DurableClient, instanceId: string): Promise<InstanceStatus> {
  try {
    const status = await client.getStatus(instanceId);
    return status.runtimeStatus as InstanceStatus;
  } catch (error) {
    if (/HTTP 404/.test(messageOf(error))) return 'unknown';
    throw unavailable(error);
  }
}

function unavailable(cause: unknown): WhenceError {
  return new WhenceError('run.engine-unavailable', `The durable engine did not answer: ${messageOf(cause)}`, { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
