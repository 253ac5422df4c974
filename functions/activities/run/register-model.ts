import type { DoneOrEnded, OwnedRun } from '#shared/contracts/activities/run/run-activities.ts';
import { DESCRIPTION_TAG } from '#shared/contracts/records/model-description.ts';
import type { PipelineVersion } from '#shared/contracts/records/pipeline-version.ts';
import { outputsOf } from '#shared/domain/pipeline/definition.ts';
import { jobName, modelVersion } from '#shared/domain/run/names.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { readPipelineVersion } from '../../pipelines/pipeline-store.ts';
import { describeModel, type DescribedModel } from './describe-model.ts';
import { ATTEMPT, inStep } from './step.ts';
import { outputUri } from './submit-job.ts';

/**
 * Registers the output of the train job as a model version that names its run, data, code and job. An MLflow model is
 * described first: its signature must agree with the data contract and the smoke test.
 */
export function registerModelActivity(deps: ActivityDependencies, owned: OwnedRun): Promise<DoneOrEnded> {
  const { run } = owned;
  return inStep(deps, owned, 'register', 'Registering the model.', async () => {
    const pipelineVersion = await readPipelineVersion(deps, run.pipeline, run.pipelineVersion);
    const model = { name: pipelineVersion.definition.register.model, version: modelVersion(run.generation) };
    const job = jobName(run.runId, 'train', ATTEMPT);
    const modelType = modelTypeOf(pipelineVersion);
    const described = modelType === 'mlflow_model' ? await describeModel(deps, run, pipelineVersion) : undefined;
    if (described !== undefined && 'status' in described) return described;
    await deps.ml.putAssetVersion('models', model.name, model.version, {
      properties: {
        modelType,
        ...(described === undefined ? {} : { flavors: flavorsOf(described) }),
        // Not `azureml://jobs/…`: Azure ML tells that in other words, and a repetition must know its own again.
        modelUri: outputUri(deps, run, 'train', 'model'),
        jobName: job,
        description: `Trained by run ${run.runId}.`,
        tags: {
          'whence.owner': run.runId,
          'whence.run': run.runId,
          'whence.pipeline': run.pipeline,
          'whence.pipelineVersion': run.pipelineVersion,
          'whence.manifest': run.manifestDigest,
          ...(described === undefined ? {} : { [DESCRIPTION_TAG]: described.digest }),
        },
      },
    });
    return {
      summary: `Model ${model.name}, version ${model.version}.`,
      data: { ...model, job, ...(described === undefined ? {} : { description: described.digest }) },
      change: (head) => ({ ...head, model }),
    };
  });
}

/** The type of the train job's output; a folder is a custom model. */
function modelTypeOf({ definition: { train } }: PipelineVersion): string {
  const type = outputsOf(train)['model']?.jobOutputType;
  return type === undefined || type === 'uri_folder' ? 'custom_model' : type;
}

/** @source ARM type ModelVersionProperties: flavour → { data: texts } */
function flavorsOf({ description: { flavors } }: DescribedModel): Readonly<Record<string, object>> {
  return Object.fromEntries(Object.entries(flavors).map(([name, data]) => [name, { data }]));
}
