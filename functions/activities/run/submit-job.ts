import type { z } from 'zod';

import type { OwnedRun, submitJob } from '#shared/contracts/activities/run/run-activities.ts';
import type { RunHead, RunScope } from '#shared/contracts/records/run.ts';
import type { PipelineVersion } from '#shared/contracts/records/pipeline-version.ts';
import { computeUse, type ComputeUse } from '#shared/domain/azure-ml/compute-use.ts';
import type { CommandJobDraft } from '#shared/domain/azure-ml/draft/drafts.ts';
import { compositeJobBody, jobBody, type JobBindings } from '#shared/domain/azure-ml/render/run-bodies.ts';
import { outputsOf } from '#shared/domain/pipeline/definition.ts';
import { jobName, jobOutputPath, dataAssetName, dataVersion, type JobStep } from '#shared/domain/run/names.ts';
import { isWhenceError, toFailure } from '#shared/errors/whence-error.ts';
import { stepTrace, traceparentOf } from '#shared/telemetry/run-trace.ts';

import type { ArmBody } from '#shared/ports/ml-platform.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { readPipelineVersion } from '../../pipelines/pipeline-store.ts';
import { appendRunEvent } from '../../run-store/run-store.ts';
import { readServing } from '../../run-store/serving-store.ts';
import { registerCode, registerEnvironment } from './assets.ts';
import { computeIdOf, staged } from './stage.ts';
import { registerComposite } from './composite-job.ts';
import { ATTEMPT, closeStep, openStep, withStep } from './step.ts';

type Input = OwnedRun & { readonly step: JobStep; readonly attempt: number };

/**
 * Submits the job of a step: code and environment first, then the job, all named by what they are, so that a
 * repetition finds its own.
 */
export async function submitJobActivity(
  deps: ActivityDependencies,
  { step, attempt, ...owned }: Input,
): Promise<z.input<typeof submitJob.output>> {
  const { run } = owned;
  const head = await openStep(deps, owned, step, step === 'train' ? 'Training.' : 'Evaluating candidate and champion.');
  const name = jobName(run.runId, step, attempt);
  if ('outcome' in head) {
    // An execution before this one may have submitted it, and have died before it recorded that.
    if (head.status === 'canceled') await deps.ml.cancelJob(name);
    return head;
  }
  const version = await readPipelineVersion(deps, run.pipeline, run.pipelineVersion);
  const definition = version.definition[step];
  const champion = step === 'evaluate' ? await findChampion(deps, owned, head) : undefined;
  let use: ComputeUse;
  try {
    const bindings = {
      inputs:
        step === 'train'
          ? { data: dataUri(run) }
          : {
              data: dataUri(run),
              candidate: outputUri(deps, run, 'train', 'model'),
              champion: champion ?? outputUri(deps, run, 'train', 'model'),
            },
      outputs: Object.fromEntries(
        Object.keys(outputsOf(definition)).map((output) => [output, outputUri(deps, run, step, output)]),
      ),
      experimentName: run.pipeline,
      displayName: `${run.pipeline} ${step}, window ${run.generation}`,
      tags: {
        'whence.owner': name,
        'whence.run': run.runId,
        'whence.step': step,
        'whence.pipeline': run.pipeline,
        'whence.manifest': run.manifestDigest,
      },
    };
    const environmentVariables = {
      TRACEPARENT: traceparentOf(stepTrace(run, step, attempt)),
      WHENCE_RUN_ID: run.runId,
    };
    const wanted =
      'job' in definition
        ? await commandBody(deps, version, definition.job, { ...bindings, environmentVariables })
        : compositeJobBody(await registerComposite(deps, version, definition.composite), {
            ...bindings,
            environmentVariables,
            computeId: undefined,
          });
    const body = staged(deps, wanted);
    use = computeUse(body);
    await deps.ml.submitJob(name, body);
  } catch (error) {
    if (isWhenceError(error) && !error.isTransient)
      return closeStep(deps, owned, step, {
        status: error.code === 'run.stage-refused' ? 'refused' : 'failed',
        failure: toFailure(error),
      });
    throw error;
  }
  await appendRunEvent(
    deps,
    run.runId,
    {
      key: `job.submitted:${step}:${ATTEMPT}`,
      type: 'job.submitted',
      step,
      attempt: ATTEMPT,
      summary: `Submitted job ${name}.`,
      data: { job: name, ...use },
    },
    (before) => withStep(before, step, { job: name, ...use }),
  );
  return { outcome: 'submitted', job: name };
}

async function commandBody(
  deps: ActivityDependencies,
  version: PipelineVersion,
  job: CommandJobDraft,
  bindings: Omit<JobBindings, 'codeId' | 'environmentId' | 'computeId'>,
): Promise<ArmBody> {
  const { code, environment, compute } = job;
  return jobBody(job, {
    ...bindings,
    codeId: code === undefined ? undefined : await registerCode(deps, version, code),
    environmentId: await registerEnvironment(deps, version, environment),
    computeId: compute === undefined ? undefined : computeIdOf(deps, compute),
  });
}

/** URI of the data version, the only data that a job reads. */
function dataUri(run: RunScope): string {
  return `azureml:${dataAssetName(run.pipeline)}:${dataVersion(run.manifestDigest)}`;
}

/** URI of a job's output, chosen by Whence. */
export function outputUri(
  deps: Pick<ActivityDependencies, 'config'>,
  run: RunScope,
  step: JobStep,
  output: string,
): string {
  return `azureml://datastores/${deps.config.WHENCE_ML_DATASTORE}/paths/${jobOutputPath(run.runId, jobName(run.runId, step, ATTEMPT), output)}/`;
}

/** The model that serves when the comparison starts; pinned in the run's head, so that a repetition compares the same. */
async function findChampion(deps: ActivityDependencies, owned: OwnedRun, head: RunHead): Promise<string | undefined> {
  if (head.champion !== undefined) return modelUri(deps, head.champion.runId);
  const { record } = await readServing(deps.records, deps.endpointName(owned.run.pipeline));
  if (record?.model === undefined || record.runId === undefined || record.pipeline !== owned.run.pipeline)
    return undefined;
  const champion = { ...record.model, runId: record.runId };
  const after = await appendRunEvent(
    deps,
    owned.run.runId,
    {
      key: 'champion.pinned',
      type: 'job.state',
      step: 'evaluate',
      summary: `Compared with ${champion.name}:${champion.version}, which serves.`,
      data: { champion },
    },
    (before) => ({ ...before, champion }),
  );
  return after.champion === undefined ? undefined : modelUri(deps, after.champion.runId);
}

/** URI of the model that a run trained. */
function modelUri(deps: ActivityDependencies, runId: string): string {
  return `azureml://datastores/${deps.config.WHENCE_ML_DATASTORE}/paths/${jobOutputPath(runId, jobName(runId, 'train', ATTEMPT), 'model')}/`;
}
