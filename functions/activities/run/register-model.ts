import type { DoneOrEnded, OwnedRun } from '#shared/contracts/activities/run/run-activities.ts';
import { jobName, modelVersion } from '#shared/domain/run/names.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { readPipelineVersion } from '../../pipelines/pipeline-store.ts';
import { ATTEMPT, inStep } from './step.ts';

/** Registers the output of the train job as a model version that names its run, data, code and job. */
export function registerModelActivity(deps: ActivityDependencies, owned: OwnedRun): Promise<DoneOrEnded> {
  const { run } = owned;
  return inStep(deps, owned, 'register', 'Registering the model.', async () => {
    const { definition } = await readPipelineVersion(deps, run.pipeline, run.pipelineVersion);
    const model = { name: definition.register.model, version: modelVersion(run.generation) };
    const job = jobName(run.runId, 'train', ATTEMPT);
    await deps.ml.putAssetVersion('models', model.name, model.version, {
      properties: {
        modelType: 'custom_model',
        modelUri: `azureml://jobs/${job}/outputs/model`,
        jobName: job,
        description: `Trained by run ${run.runId}.`,
        tags: {
          'whence.owner': run.runId,
          'whence.run': run.runId,
          'whence.pipeline': run.pipeline,
          'whence.pipelineVersion': run.pipelineVersion,
          'whence.manifest': run.manifestDigest,
        },
      },
    });
    return {
      summary: `Model ${model.name}, version ${model.version}.`,
      data: { ...model, job },
      change: (head) => ({ ...head, model }),
    };
  });
}
