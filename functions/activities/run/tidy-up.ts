import type { RunHead } from '#shared/contracts/records/run.ts';
import { deploymentName, jobName } from '#shared/domain/run/names.ts';
import { isWhenceError } from '#shared/errors/whence-error.ts';
import { runTrace } from '#shared/telemetry/run-trace.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { readServing } from '../../run-store/serving-store.ts';
import { isMine } from './owner.ts';
import { ATTEMPT } from './step.ts';

type Dependencies = Pick<ActivityDependencies, 'ml' | 'records' | 'endpointName' | 'telemetry'>;

/**
 * Takes away what a run that does not end well would leave in Azure ML: jobs that still run, also one whose submission was
 * not recorded any more, and its deployment, unless it has traffic. What Azure ML refuses for good is logged, and the run
 * ends all the same.
 *
 * @throws {WhenceError} what may pass: the caller tries again
 */
export async function tidyUp(deps: Dependencies, head: RunHead): Promise<void> {
  for (const { name, status, job } of head.steps)
    if ((name === 'train' || name === 'evaluate') && status === 'running') {
      const left = job ?? jobName(head.runId, name, ATTEMPT);
      await unlessRefused(deps, head, `job ${left}`, () => deps.ml.cancelJob(left));
    }
  const deployment = deploymentName(head.generation);
  await unlessRefused(deps, head, `deployment ${deployment}`, () => deleteDeployment(deps, head, deployment));
}

async function deleteDeployment(deps: Dependencies, { pipeline, runId }: RunHead, deployment: string): Promise<void> {
  const endpoint = deps.endpointName(pipeline);
  const there = await deps.ml.endpoint(endpoint);
  if (there === undefined || (there.traffic[deployment] ?? 0) > 0) return;
  const made = await deps.ml.deployment(endpoint, deployment);
  if (made === undefined || !isMine(made.tags, runId)) return;
  const read = await readServing(deps.records, endpoint);
  if ((read.record?.traffic[deployment] ?? 0) > 0) return;
  await deps.ml.deleteDeployment(endpoint, deployment);
}

async function unlessRefused(
  deps: Dependencies,
  head: RunHead,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isWhenceError(error) || error.isTransient) throw error;
    const { runId, pipeline } = head;
    deps.telemetry.log('run.left-over', { runId, pipeline, what, message: error.message }, runTrace(head));
  }
}
