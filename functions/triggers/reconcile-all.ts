import { terminalRunStatuses } from '#shared/domain/run/statuses.ts';

import { findClaim } from '../activities/data-window/claim-run.ts';
import { announce } from '../activities/run/finish-run.ts';
import { tidyUp } from '../activities/run/tidy-up.ts';
import type { ActivityDependencies } from '../durable/register-activity.ts';
import { listPipelines } from '../pipelines/pipeline-store.ts';
import { appendRunEvent, findRun, listRuns, writeIndex } from '../run-store/run-store.ts';
import { listServing } from '../run-store/serving-store.ts';
import { reconcileEndpoint } from './reconcile-endpoint.ts';
import { reconcilePipeline } from './reconcile.ts';

/** Newest runs whose index rows are compared with their heads. */
const INDEXED = 20;

/**
 * Looks after everything once: every pipeline's windows, slot and run, every endpoint's traffic, the newest index rows.
 * What fails for one does not stop the others.
 */
export async function reconcile(deps: ActivityDependencies): Promise<void> {
  const pipelines = await listPipelines(deps.records, (name, message) =>
    deps.telemetry.log('reconciler.failed', { what: `record of pipeline ${name}`, message }),
  );
  for (const pipeline of pipelines) {
    await guarded(deps, `pipeline ${pipeline.name}`, async () => {
      const repairs = await reconcilePipeline(deps, pipeline, (runId) => closeLostRun(deps, runId));
      if (repairs.touched !== undefined || repairs.restarted.length > 0 || repairs.slot !== undefined) {
        deps.telemetry.log('reconciler.repaired', {
          pipeline: pipeline.name,
          ...(repairs.touched === undefined ? {} : { touched: repairs.touched }),
          ...(repairs.slot === undefined ? {} : { slot: repairs.slot }),
          restarted: [...repairs.restarted],
        });
      }
    });
  }
  for (const serving of await listServing(deps.records))
    await guarded(deps, `endpoint ${serving.endpoint}`, () => reconcileEndpoint(deps, serving));
  await guarded(deps, 'run index', () => reconcileIndex(deps));
}

/**
 * The orchestration is gone and its claim was ended: the run says so too, its jobs are canceled, and a deployment that it
 * made and that has no traffic goes.
 */
async function closeLostRun(deps: ActivityDependencies, runId: string): Promise<void> {
  const head = await findRun(deps, runId);
  if (head === undefined || terminalRunStatuses.has(head.status)) return;
  // First, and once more in the next round if one fails: when the run has ended nobody looks after them.
  await tidyUp(deps, head);
  // Everything was done but telling: then it ends as it would have ended.
  const isDone = head.steps.every(({ name, status }) => name === 'announce' || status === 'succeeded');
  const status = isDone ? 'succeeded' : 'failed';
  const failure = {
    code: 'run.lost',
    message: 'The orchestration of the run ended or vanished before the run did.',
    details: {},
  };
  const endedAt = new Date(deps.clock.nowMs()).toISOString();
  await announce(deps, head, status, isDone ? undefined : failure);
  await appendRunEvent(
    deps,
    runId,
    {
      key: 'run.ended',
      type: `run.${status}`,
      summary: isDone ? 'The new model serves.' : failure.message,
      data: isDone ? {} : { failure },
    },
    (run) => ({
      ...run,
      status,
      endedAt,
      ...(isDone ? {} : { failure }),
      steps: run.steps.map((step) =>
        step.status === 'running'
          ? { ...step, status: 'failed', endedAt }
          : step.status === 'pending'
            ? { ...step, status: 'skipped' }
            : step,
      ),
    }),
  );
}

async function reconcileIndex(deps: ActivityDependencies): Promise<void> {
  const { runs } = await listRuns(deps, undefined, { limit: INDEXED });
  for (const entry of runs) {
    if (terminalRunStatuses.has(entry.status)) continue;
    const head = await findRun(deps, entry.runId);
    if (head === undefined) continue;
    if (head.status !== entry.status) await writeIndex(deps, head);
    // A run ends before its claim does; the other way round the reconciler ended the claim and came no further.
    const isLost =
      !terminalRunStatuses.has(head.status) && (await findClaim(deps, head.runKey))?.claim.state === 'ended';
    if (isLost) await closeLostRun(deps, head.runId);
  }
}

async function guarded(deps: ActivityDependencies, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    deps.telemetry.log('reconciler.failed', { what, message: error instanceof Error ? error.message : String(error) });
  }
}
