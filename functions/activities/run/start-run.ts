import type { DoneOrEnded, OwnedRun } from '#shared/contracts/activities/run/run-activities.ts';
import type { RunHead } from '#shared/contracts/records/run.ts';
import { stepNames } from '#shared/domain/run/statuses.ts';
import { runTrace } from '#shared/telemetry/run-trace.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { createRun } from '../../run-store/run-store.ts';
import { claimRun } from '../data-window/claim-run.ts';
import { notMine } from './step.ts';

/** Claims the run for this execution and opens its record. A second execution finds another token and ends. */
export async function startRunActivity(
  deps: ActivityDependencies,
  { run, token, requests }: OwnedRun & { readonly requests: readonly string[] },
): Promise<DoneOrEnded> {
  const claim = await claimRun(deps, { runKey: run.runKey, token });
  if (claim.outcome !== 'mine') return notMine(run.runId);
  const at = new Date(deps.clock.nowMs()).toISOString();
  const head: RunHead = {
    schemaVersion: 1,
    ...run,
    status: 'running',
    createdAt: at,
    updatedAt: at,
    requests: [...requests],
    steps: stepNames.map((name) => ({ name, status: 'pending', attempt: 0 })),
    eventKeys: {},
  };
  await createRun(deps, head, {
    key: 'run.started',
    type: 'run.started',
    summary: `Run of ${run.pipeline} over data window ${run.generation}.`,
    data: {
      pipelineVersion: run.pipelineVersion,
      manifestDigest: run.manifestDigest,
      occasion: run.occasion,
      traceId: runTrace(run).traceId,
    },
  });
  deps.telemetry.log(
    'run.started',
    { runId: run.runId, pipeline: run.pipeline, generation: run.generation },
    runTrace(run),
  );
  return { outcome: 'done' };
}
