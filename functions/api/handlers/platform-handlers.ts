import type { EndpointDetails, ModelDetails, platformRoutes } from '#shared/contracts/api/platform-routes.ts';
import type { RunIndexEntry } from '#shared/contracts/records/run.ts';
import type { ServingRecord } from '#shared/contracts/records/serving.ts';
import { DESCRIPTION_TAG } from '#shared/contracts/records/model-description.ts';
import { checkRequest } from '#shared/domain/mlflow-model/check-request.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { AssetVersionView, EndpointView } from '#shared/ports/ml-platform.ts';

import { readPublication } from '../../pipelines/pipeline-store.ts';
import { readDescription } from '../../run-store/model-descriptions.ts';
import { findRun, listRuns } from '../../run-store/run-store.ts';
import { listServing, readServing } from '../../run-store/serving-store.ts';
import type { ApiDependencies, RouteHandler } from '../route-handler.ts';

/** Whether the app reaches what it stands on. A real question to each, all at once. */
export const healthHandler: RouteHandler<typeof platformRoutes.health> = async (deps) => {
  const questions: Record<string, Promise<unknown>> = {
    records: deps.records.get('pipelines', { partition: 'health', row: 'health' }),
    data: deps.data.head(deps.config.WHENCE_LANDING_CONTAINER, 'health'),
    state: deps.state.head(deps.config.WHENCE_STATE_CONTAINER, 'health'),
    engine: deps.client.status('health'),
  };
  const checks: Record<string, string> = {};
  for (const [name, question] of Object.entries(questions)) {
    checks[name] = await question.then(
      () => 'ok',
      (error: unknown) => (error instanceof WhenceError ? error.code : 'core.internal'),
    );
  }
  const status = Object.values(checks).every((check) => check === 'ok') ? 'ok' : 'degraded';
  return { body: { status, stage: deps.config.WHENCE_STAGE, checks } };
};

/** Model versions that runs registered. */
export const listModelsHandler: RouteHandler<typeof platformRoutes.listModels> = async (deps, { query }) => {
  const page = await listRuns(deps, query.pipeline, {
    limit: query.limit,
    ...(query.after === undefined ? {} : { after: query.after }),
  });
  const items = page.runs.flatMap((run) => (run.model === undefined ? [] : [toModel(run, run.model)]));
  return { body: page.next === undefined ? { items } : { items, next: page.next } };
};

/** A model version, as the registry has it, and the run that made it. */
export const showModelHandler: RouteHandler<typeof platformRoutes.showModel> = async (deps, { params }) => {
  const asset = await deps.ml.assetVersion('models', params.name, params.version);
  if (asset === undefined) throw notFound(`There is no model ${params.name} in version ${params.version}.`);
  const runId = asset.tags['whence.run'];
  const head = runId === undefined ? undefined : await findRun(deps, runId);
  const mlflow = await readDescription(deps, asset.tags[DESCRIPTION_TAG] ?? '');
  const type = modelTypeOf(asset);
  const body = {
    name: params.name,
    version: params.version,
    id: asset.id,
    tags: { ...asset.tags },
    ...(type === undefined ? {} : { type }),
    ...(mlflow === undefined ? {} : { mlflow }),
  };
  if (head === undefined) return { body };
  const {
    runId: id,
    pipeline,
    pipelineVersion,
    manifestDigest,
    generation,
    occasion,
    status,
    createdAt,
    updatedAt,
    endedAt,
    model,
  } = head;
  const run = {
    runId: id,
    pipeline,
    pipelineVersion,
    manifestDigest,
    generation,
    occasion,
    status,
    createdAt,
    updatedAt,
  };
  const code = await codeOf(deps, pipeline, pipelineVersion);
  return {
    body: {
      ...body,
      ...(code === undefined ? {} : { code }),
      run: { ...run, ...(endedAt === undefined ? {} : { endedAt }), ...(model === undefined ? {} : { model }) },
    },
  };
};

/** Where a pipeline version comes from; undefined where its row is not there any more. */
async function codeOf(deps: ApiDependencies, pipeline: string, version: string): Promise<ModelDetails['code']> {
  try {
    const { commit, folder, remote, trust } = await readPublication(deps.records, pipeline, version);
    return { commit, folder, trust, ...(remote === undefined ? {} : { remote }) };
  } catch (error) {
    if (error instanceof WhenceError && error.code === 'pipeline.version-unknown') return undefined;
    throw error;
  }
}

/** Endpoints and what they should serve. */
export const listEndpointsHandler: RouteHandler<typeof platformRoutes.listEndpoints> = async (deps) => ({
  body: { items: (await listServing(deps.records)).map(wanted) },
});

/** An endpoint: what it should serve and what it serves. */
export const showEndpointHandler: RouteHandler<typeof platformRoutes.showEndpoint> = async (deps, { params }) => {
  const { record } = await readServing(deps.records, params.name);
  if (record === undefined) throw notFound(`Whence rolled nothing out to an endpoint ${params.name}.`);
  const live = await deps.ml.endpoint(params.name);
  return { body: live === undefined ? wanted(record) : { ...wanted(record), live: await liveView(deps, live) } };
};

/** Sends a scoring request with the identity of the app. */
export const invokeEndpointHandler: RouteHandler<typeof platformRoutes.invokeEndpoint> = async (
  deps,
  { params, body },
) => {
  const { record } = await readServing(deps.records, params.name);
  const endpoint = record === undefined ? undefined : await deps.ml.endpoint(params.name);
  if (endpoint === undefined) throw notFound(`Whence rolled nothing out to an endpoint ${params.name}.`);
  const answer = await deps.ml.score(endpoint, {
    body: body.input,
    ...(body.deployment === undefined ? {} : { deployment: body.deployment }),
  });
  return {
    body: {
      status: answer.status,
      output: answer.body,
      ...(answer.status < 400 ? {} : await findingsOf(deps, record?.model, body.input)),
      ...(answer.deployment === undefined ? {} : { deployment: answer.deployment }),
    },
  };
};

/** What a refused request lacks, by the signature of the model that should serve. */
async function findingsOf(
  deps: ApiDependencies,
  model: ServingRecord['model'],
  input: unknown,
): Promise<{ findings?: string[] }> {
  const asset = model === undefined ? undefined : await deps.ml.assetVersion('models', model.name, model.version);
  const description = await readDescription(deps, asset?.tags[DESCRIPTION_TAG] ?? '');
  const findings = checkRequest(description?.signature?.inputs ?? [], input) ?? [];
  return findings.length === 0 ? {} : { findings: [...findings] };
}

function modelTypeOf({ body }: AssetVersionView): string | undefined {
  const type = (body['properties'] as { readonly modelType?: unknown } | undefined)?.modelType;
  return typeof type === 'string' ? type : undefined;
}

function toModel(run: RunIndexEntry, model: NonNullable<RunIndexEntry['model']>) {
  const { pipeline, runId, pipelineVersion, manifestDigest, generation, createdAt } = run;
  return { ...model, pipeline, runId, pipelineVersion, manifestDigest, generation, createdAt, runStatus: run.status };
}

function wanted(record: ServingRecord): EndpointDetails {
  const { endpoint, pipeline, manifestNumber, runId, model, deployment, traffic, updatedAt } = record;
  return {
    endpoint,
    pipeline,
    manifestNumber,
    traffic,
    updatedAt,
    ...(runId === undefined ? {} : { runId }),
    ...(model === undefined ? {} : { model }),
    ...(deployment === undefined ? {} : { deployment }),
  };
}

async function liveView(deps: ApiDependencies, live: EndpointView): Promise<NonNullable<EndpointDetails['live']>> {
  const deployments = await deps.ml.deployments(live.name);
  return {
    provisioning: live.provisioning,
    traffic: { ...live.traffic },
    ...(live.scoringUri === undefined ? {} : { scoringUri: live.scoringUri }),
    deployments: deployments.map(({ name, provisioning, model }) => ({
      name,
      provisioning,
      ...(model === undefined ? {} : { model }),
    })),
  };
}

function notFound(message: string): WhenceError {
  return new WhenceError('http.not-found', message);
}
