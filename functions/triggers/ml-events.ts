import type { Config } from '#shared/config/settings.ts';
import { mlJobEvent } from '#shared/contracts/events/ml-job-event.ts';
import { JOB_EVENT } from '#shared/domain/run/job-polling.ts';
import type { OrchestrationClient } from '#shared/ports/orchestration-client.ts';

import type { Dependencies } from '../dependencies.ts';
import { quarantine, type ReceivedMessage } from './quarantine.ts';

/** What waking a waiting run needs of the outside. */
type MlEventDependencies = Pick<Dependencies, 'bus' | 'telemetry'> & {
  readonly config: Pick<Config, 'WHENCE_AZURE_ML_WORKSPACE_ID'>;
  readonly client: Pick<OrchestrationClient, 'raiseEvent'>;
};

/**
 * Handles one message of the queue `ml-events`: wakes the orchestration that waits for the job. The job's name is that
 * orchestration's instance id. A job that nobody waits for is somebody else's; the event is dropped.
 *
 * @throws {WhenceError} transient faults; the message is delivered again
 */
export async function handleMlEvent(
  deps: MlEventDependencies,
  message: ReceivedMessage,
): Promise<'woken' | 'nobody-waits' | 'quarantined'> {
  const body: unknown = Array.isArray(message.body) && message.body.length === 1 ? message.body[0] : message.body;
  const event = mlJobEvent.safeParse(body);
  if (!event.success)
    return quarantine(
      deps,
      'ml-events',
      message,
      `not an Azure ML job event: ${event.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
    );
  if (event.data.source.toLowerCase() !== deps.config.WHENCE_AZURE_ML_WORKSPACE_ID.toLowerCase()) {
    return quarantine(deps, 'ml-events', message, 'the event is from another Azure ML workspace');
  }
  const job = event.data.data.runId;
  deps.telemetry.log('job-event.received', { job, type: event.data.type });
  const woken = await deps.client.raiseEvent(job, JOB_EVENT, { type: event.data.type });
  return woken ? 'woken' : 'nobody-waits';
}
