import { limits } from '../limits.ts';
import { shortDigestOf } from '../digest.ts';

import type { StepName } from './statuses.ts';

/** Kind of step that runs as an Azure ML job. */
export type JobStep = Extract<StepName, 'train' | 'evaluate'>;

/**
 * Name of the job of a step attempt, which is also the instance id of the orchestration that waits for it, so that a
 * job event finds its waiter without a look-up.
 *
 * @param runId - id of the run
 * @param step - step that the job does
 * @param attempt - attempt of the step, from 1
 * @source design decision 14: names derive from run id, step and attempt
 */
export function jobName(runId: string, step: JobStep, attempt: number): string {
  const pipeline = runId.slice(0, limits.pipelineNameChars);
  return `${pipeline.replace(/-r-.*$/, '')}-${step}-${shortDigestOf({ runId, step, attempt })}`;
}

/** Name of the data asset of a pipeline; its versions are named by {@link dataVersion}. */
export function dataAssetName(pipeline: string): string {
  return `${pipeline}-data`;
}

/**
 * Version of the data asset of a manifest: the same bytes are the same version.
 * @param manifestDigest - 64 hex digits
 */
export function dataVersion(manifestDigest: string): string {
  return manifestDigest.slice(0, 20);
}

/** Version of the model that a run registers: the generation of its data window, unique in the pipeline. */
export function modelVersion(generation: number): string {
  return String(generation);
}

/** Name of the deployment that a run rolls out. */
export function deploymentName(generation: number): string {
  return `gen-${generation}`;
}

/** Instance id of the roll-out of a run. */
export function rollOutInstanceId(runId: string): string {
  return `${runId}-rollout`;
}

/** Datastore path of the outputs of a job. */
export function jobOutputPath(runId: string, job: string, output: string): string {
  return `whence/${runId}/${job}/${output}`;
}
