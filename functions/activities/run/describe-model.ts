/** Reads what an MLflow model says of itself, and whether that agrees with the pipeline's data and scoring request. */
import type { RunScope } from '#shared/contracts/records/run.ts';
import type { PipelineVersion } from '#shared/contracts/records/pipeline-version.ts';
import { resolvePath } from '#shared/domain/azure-ml/draft/context.ts';
import { limits } from '#shared/domain/limits.ts';
import { checkAgainstContract } from '#shared/domain/mlflow-model/check-contract.ts';
import { checkRequest } from '#shared/domain/mlflow-model/check-request.ts';
import { MLMODEL_FILE, readMlmodel, type MlflowModel } from '#shared/domain/mlflow-model/mlmodel.ts';
import { jobName, jobOutputPath } from '#shared/domain/run/names.ts';
import type { ModelDescription } from '#shared/contracts/records/model-description.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { readPipelineFile } from '../../pipelines/pipeline-store.ts';
import { readContract } from '../../pipelines/read-contract.ts';
import { readBlob } from '../../read-blob.ts';
import { writeDescription } from '../../run-store/model-descriptions.ts';
import { ATTEMPT, type StepEnded } from './step.ts';

/** A model's own description, stored. */
export interface DescribedModel {
  readonly description: ModelDescription;
  /** SHA-256 of its canonical JSON, which is also where it is stored. */
  readonly digest: string;
}

/**
 * Describes the MLflow model that the train job left, checks it, and stores the description under its digest.
 *
 * @returns the description, or the end of the run
 */
export async function describeModel(
  deps: ActivityDependencies,
  run: RunScope,
  version: PipelineVersion,
): Promise<DescribedModel | StepEnded> {
  const file = await readModelFile(deps, run, MLMODEL_FILE, limits.yamlBytes);
  if (file === undefined)
    return invalid([
      `The train job's output \`model\` is of the type mlflow_model, but has no ${MLMODEL_FILE} of at most ${limits.yamlBytes} bytes.`,
    ]);
  const { model, problems } = readMlmodel(MLMODEL_FILE, file);
  if (problems !== undefined)
    return invalid(problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message} ${one.fix}`));
  const findings = await findDisagreements(deps, version, model);
  if (findings.length > 0) return mismatch(findings);
  const example = await readExample(deps, run, model);
  const description: ModelDescription = { ...model, ...(example === undefined ? {} : { exampleValue: example }) };
  return { description, digest: await writeDescription(deps, description) };
}

async function findDisagreements(
  deps: ActivityDependencies,
  version: PipelineVersion,
  { signature }: MlflowModel,
): Promise<readonly string[]> {
  const inputs = signature?.inputs;
  if (inputs === undefined) return [];
  const { definition } = version;
  const { contract } = await readContract(deps, version);
  const findings = [...checkAgainstContract(inputs, contract.columns, definition.register.derivedInputs ?? [])];
  const { smokeTest } = definition.deploy;
  const request: unknown = JSON.parse(Buffer.from(await readPipelineFile(deps, version, smokeTest)).toString('utf8'));
  const inRequest = checkRequest(inputs, request);
  if (inRequest !== undefined) findings.push(...inRequest.map((text) => `${smokeTest}: ${text}`));
  else if (definition.deploy.deployment.deployment.code === undefined)
    findings.push(
      `${smokeTest}: The request has none of the forms in which MLflow models are asked; write \`{ "input_data": { "columns": […], "data": [[…]] } }\`.`,
    );
  return findings;
}

/** @returns the input example, where it is small and JSON */
async function readExample(deps: ActivityDependencies, run: RunScope, { inputExample }: MlflowModel): Promise<unknown> {
  const path = inputExample === undefined ? undefined : resolvePath(MLMODEL_FILE, inputExample.path);
  if (path === undefined) return undefined;
  const bytes = await readModelFile(deps, run, path, limits.modelExampleBytes);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    // An example need not be JSON: sparse matrices are not. It stays with the model.
    return undefined;
  }
}

/** A file of the model that the train job left. */
function readModelFile(
  deps: ActivityDependencies,
  run: RunScope,
  path: string,
  mostBytes: number,
): Promise<Buffer | undefined> {
  const model = jobOutputPath(run.runId, jobName(run.runId, 'train', ATTEMPT), 'model');
  return readBlob(deps.mlBlobs, deps.config.WHENCE_ML_CONTAINER, `${model}/${path}`, mostBytes);
}

function invalid(problems: readonly string[]): StepEnded {
  return {
    status: 'failed',
    failure: { code: 'run.model-invalid', message: problems.join(' ').slice(0, 2_000), details: { problems } },
  };
}

function mismatch(findings: readonly string[]): StepEnded {
  return {
    status: 'refused',
    failure: { code: 'run.signature-mismatch', message: findings.join(' ').slice(0, 2_000), details: { findings } },
  };
}
