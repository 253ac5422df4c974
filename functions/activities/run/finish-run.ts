import type { z } from 'zod';

import type { DoneOrEnded, Ended, finishRun, OwnedRun } from '#shared/contracts/activities/run/run-activities.ts';
import type { RunHead } from '#shared/contracts/records/run.ts';
import { digestOf } from '#shared/domain/digest.ts';
import type { RunStatus } from '#shared/domain/run/statuses.ts';
import { runTrace, traceparentOf } from '#shared/telemetry/run-trace.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { appendRunEvent, requireRun } from '../../run-store/run-store.ts';
import { endClaim } from '../data-window/end-claim.ts';
import { fence } from '../data-window/fence.ts';
import { reportRun } from './report-run.ts';
import { finishStep } from './step.ts';
import { tidyUp } from './tidy-up.ts';

/** Topic on which runs are announced. */
const TOPIC = 'pipeline-events';

/** Ends the run: the announcement, its record, the claim and, last, the slot. Every part may be repeated. */
export async function finishRunActivity(
  deps: ActivityDependencies,
  { ending, ...owned }: OwnedRun & { readonly ending: DoneOrEnded },
): Promise<z.input<typeof finishRun.output>> {
  const { runKey } = owned.run;
  if (await fence(deps, { runKey, token: owned.token })) {
    if (ending.outcome === 'ended') {
      const before = await requireRun(deps, owned.run.runId);
      await tidyUp(deps, before);
    }
    await announce(deps, owned.run, statusOf(ending), ending.outcome === 'ended' ? ending.failure : undefined);
    if (ending.outcome === 'done')
      await finishStep(deps, owned, 'announce', { summary: `Announced on the topic ${TOPIC}.` });
    const head = await recordEnd(deps, owned, ending);
    await reportRun(deps, head);
  }
  const status = statusOf(ending);
  const rejectedData = ending.outcome === 'ended' && hasRejected(ending.failure);
  await endClaim(deps, { runKey, token: owned.token, status, rejectedData });
  return { outcome: 'finished' };
}

/** Whether the run rejected bytes. A data version can also break its contract as a whole; then nothing is rejected. */
function hasRejected({ code, details }: Ended['failure']): boolean {
  const rejected = details['rejected'];
  return code === 'run.data-rejected' && Array.isArray(rejected) && rejected.length > 0;
}

function statusOf(ending: DoneOrEnded): Exclude<RunStatus, 'running'> {
  if (ending.outcome === 'done') return 'succeeded';
  return ending.status === 'not-mine' ? 'failed' : ending.status;
}

/** Tells whoever listens how a run ended. */
export async function announce(
  deps: ActivityDependencies,
  about: OwnedRun['run'],
  status: RunStatus,
  failure: Ended['failure'] | undefined,
): Promise<void> {
  const { runId, runKey, pipeline, pipelineVersion, generation, manifestNumber, manifestDigest, occasion } = about;
  const run = { runId, runKey, pipeline, pipelineVersion, generation, manifestNumber, manifestDigest, occasion };
  const trace = runTrace(run);
  await deps.bus.send(TOPIC, {
    messageId: digestOf({ run: run.runId, status }),
    subject: `whence.run.${status}`,
    contentType: 'application/cloudevents+json; charset=utf-8',
    correlationId: run.runId,
    properties: { pipeline: run.pipeline, status },
    body: {
      specversion: '1.0',
      id: `${run.runId}/${status}`,
      source: `/whence/pipelines/${run.pipeline}`,
      type: `whence.run.${status}`,
      subject: run.runId,
      time: new Date(deps.clock.nowMs()).toISOString(),
      traceparent: traceparentOf(trace),
      data: { ...run, status, ...(failure === undefined ? {} : { failure }) },
    },
  });
}

function recordEnd(deps: ActivityDependencies, owned: OwnedRun, ending: DoneOrEnded): Promise<RunHead> {
  const status = statusOf(ending);
  const endedAt = new Date(deps.clock.nowMs()).toISOString();
  const failure = ending.outcome === 'ended' ? ending.failure : undefined;
  return appendRunEvent(
    deps,
    owned.run.runId,
    {
      key: 'run.ended',
      type: `run.${status}`,
      summary: failure?.message ?? 'The new model serves.',
      data: failure === undefined ? {} : { failure },
    },
    (head) => ({
      ...head,
      status,
      endedAt,
      steps: head.steps.map((step) =>
        step.status === 'pending' || step.status === 'running'
          ? { ...step, status: leftOver(step.status, ending) }
          : step,
      ),
      ...(failure === undefined ? {} : { failure }),
    }),
  );
}

/** What becomes of a step that the end of the run found unfinished. */
function leftOver(
  before: 'pending' | 'running',
  ending: DoneOrEnded,
): 'skipped' | Exclude<Ended['status'], 'not-mine'> {
  if (before === 'pending' || ending.outcome === 'done') return 'skipped';
  return ending.status === 'not-mine' ? 'failed' : ending.status;
}
