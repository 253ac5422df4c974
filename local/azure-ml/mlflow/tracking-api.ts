/** The tracking API of MLflow, without HTTP. @source mlflow `protos/service.proto`, `server/handlers.py` */
import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import { invalidValue, MlflowError } from './mlflow-error.ts';
import { runFilter, runOrder, type SearchedRun } from './run-filter.ts';
import type { Experiment, Metric, Run, TrackingStore } from './tracking-store.ts';

/** Who calls: the job whose token it shows. */
export interface Caller {
  readonly job: string;
}

/** Whole numbers cross as numbers or as text. */
const int = z.union(
  [
    z.int(),
    z
      .string()
      .regex(/^-?\d+$/)
      .transform(Number),
  ],
  { error: 'a whole number' },
);
const value = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)], { error: 'a number' });
const key = z
  .string()
  .min(1)
  .max(250)
  .regex(/^[\w\-. /:]+$/, 'letters, digits, _, -, ., /, : and spaces');
/** @source mlflow `utils/validation.py`: MAX_PARAM_VAL_LENGTH, MAX_TAG_VAL_LENGTH, limits of a batch */
const limits = {
  paramValue: 6_000,
  tagValue: 8_000,
  batchMetrics: 1_000,
  batchWords: 100,
  batchTotal: 1_000,
  historyPage: 25_000,
  runsPage: 50_000,
};

const metric = z.object({ key, value, timestamp: int, step: int.default(0) });
const param = z.object({ key, value: z.coerce.string().max(limits.paramValue) });
const tag = z.object({ key, value: z.coerce.string().max(limits.tagValue) });
const statuses = z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']);
const viewType = z.enum(['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL']).default('ACTIVE_ONLY');
const runId = z.object({ run_id: z.string().optional(), run_uuid: z.string().optional() });

/** A request's fields, from its body or its query. */
export type Fields = Readonly<Record<string, unknown>>;
type Handler = (fields: Fields, caller: Caller) => object;

/** Answers the calls of the tracking API. */
export class TrackingApi {
  readonly #store: TrackingStore;
  readonly #artifacts: (run: string, path: string) => Promise<readonly object[]>;
  readonly #handlers: Readonly<Record<string, Handler>>;

  /** @param artifacts - lists artifacts of a run below a path */
  constructor(store: TrackingStore, artifacts: (run: string, path: string) => Promise<readonly object[]>) {
    this.#store = store;
    this.#artifacts = artifacts;
    this.#handlers = {
      'POST experiments/create': (fields) => ({
        experiment_id: store.createExperiment(read(z.object({ name: z.string().min(1) }), fields).name),
      }),
      'GET experiments/get': (fields) => ({
        experiment: experimentView(
          store.experiment(read(z.object({ experiment_id: z.string() }), fields).experiment_id),
        ),
      }),
      'GET experiments/get-by-name': (fields) => ({
        experiment: experimentView(
          this.#named(read(z.object({ experiment_name: z.string() }), fields).experiment_name),
        ),
      }),
      'POST experiments/search': (fields) => this.#searchExperiments(fields),
      'GET experiments/search': (fields) => this.#searchExperiments(fields),
      'POST runs/create': (fields, caller) => this.#createRun(fields, caller),
      'GET runs/get': (fields) => ({ run: this.#view(this.#runOf(fields)) }),
      'POST runs/update': (fields, caller) => this.#updateRun(fields, caller),
      'POST runs/delete': (fields, caller) => this.#stage(fields, caller, 'deleted'),
      'POST runs/restore': (fields, caller) => this.#stage(fields, caller, 'active'),
      'POST runs/log-metric': (fields, caller) => this.#log(fields, caller, { metrics: [read(metric, fields)] }),
      'POST runs/log-parameter': (fields, caller) => this.#log(fields, caller, { params: [read(param, fields)] }),
      'POST runs/set-tag': (fields, caller) => this.#log(fields, caller, { tags: [read(tag, fields)] }),
      'POST runs/delete-tag': (fields, caller) => {
        store.deleteTag(this.#mine(fields, caller).runId, read(z.object({ key }), fields).key);
        return {};
      },
      'POST runs/log-batch': (fields, caller) => this.#logBatch(fields, caller),
      'POST runs/log-model': (fields, caller) => this.#logModel(fields, caller),
      'POST runs/log-inputs': (fields, caller) => (this.#mine(fields, caller), {}),
      'POST runs/search': (fields) => this.#searchRuns(fields),
      'GET metrics/get-history': (fields) => this.#history(fields),
    };
  }

  /**
   * @param path - below `/api/2.0/mlflow/`
   * @throws {MlflowError}
   */
  async answer(method: string, path: string, fields: Fields, caller: Caller): Promise<object> {
    if (`${method} ${path}` === 'GET artifacts/list') {
      const { path: below } = read(z.object({ path: z.string().default('') }), fields);
      const { runId: id } = this.#runOf(fields);
      return { root_uri: artifactUri(id), files: await this.#artifacts(id, below) };
    }
    const handler = Object.hasOwn(this.#handlers, `${method} ${path}`)
      ? this.#handlers[`${method} ${path}`]
      : undefined;
    if (handler !== undefined) return this.#store.transaction(() => handler(fields, caller));
    if (/^(registered-models|model-versions)\//.test(path))
      throw new MlflowError(
        'ENDPOINT_NOT_FOUND',
        'Models are registered by the pipeline once they have passed its gates, not by jobs: leave an mlflow_model output.',
      );
    throw new MlflowError('ENDPOINT_NOT_FOUND', `${method} ${path} is not served by the laptop's MLflow.`);
  }

  #named(name: string): Experiment {
    const found = this.#store.experimentNamed(name);
    if (found === undefined)
      throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Could not find experiment with name '${name}'`);
    return found;
  }

  #searchExperiments(fields: Fields): object {
    const { max_results: most, page_token: token } = read(
      z.object({ max_results: int.default(1_000), page_token: z.string().default('') }),
      fields,
    );
    return paged(this.#store.experiments().map(experimentView), 'experiments', most, token);
  }

  #createRun(fields: Fields, caller: Caller): object {
    const told = read(
      z.object({
        experiment_id: z.string(),
        run_name: z.string().optional(),
        start_time: int.optional(),
        tags: z.array(tag).default([]),
      }),
      fields,
    );
    this.#store.experiment(told.experiment_id);
    const named = told.run_name ?? told.tags.find((one) => one.key === 'mlflow.runName')?.value;
    const run: Run = {
      runId: randomUUID().replaceAll('-', ''),
      experimentId: told.experiment_id,
      runName: named ?? 'run',
      status: 'RUNNING',
      startTime: told.start_time ?? Date.now(),
      endTime: null,
      lifecycleStage: 'active',
    };
    this.#store.createRun(run);
    // What a job makes beside its own run is below it.
    const tags = [
      { key: 'mlflow.parentRunId', value: caller.job },
      ...told.tags,
      { key: 'mlflow.runName', value: run.runName },
    ];
    for (const one of tags) this.#store.setTag(run.runId, one.key, one.value);
    return { run: this.#view(run) };
  }

  #updateRun(fields: Fields, caller: Caller): object {
    const run = this.#mine(fields, caller);
    const told = read(
      z.object({ status: statuses.optional(), end_time: int.optional(), run_name: z.string().optional() }),
      fields,
    );
    const changed = this.#store.changeRun(run.runId, {
      ...(told.status === undefined ? {} : { status: told.status }),
      ...(told.end_time === undefined ? {} : { endTime: told.end_time }),
      ...(told.run_name === undefined ? {} : { runName: told.run_name }),
    });
    if (told.run_name !== undefined) this.#store.setTag(run.runId, 'mlflow.runName', told.run_name);
    return { run_info: infoView(changed) };
  }

  #stage(fields: Fields, caller: Caller, lifecycleStage: string): object {
    const run = this.#mine(fields, caller);
    if (run.runId === caller.job) throw invalidValue('The run of the job itself stays.');
    this.#store.changeRun(run.runId, { lifecycleStage });
    return {};
  }

  #logBatch(fields: Fields, caller: Caller): object {
    const told = read(
      z.object({
        metrics: z.array(metric).max(limits.batchMetrics).default([]),
        params: z.array(param).max(limits.batchWords).default([]),
        tags: z.array(tag).max(limits.batchWords).default([]),
      }),
      fields,
    );
    if (told.metrics.length + told.params.length + told.tags.length > limits.batchTotal)
      throw invalidValue(`A batch logging request can contain at most ${limits.batchTotal} metrics, params, and tags.`);
    return this.#log(fields, caller, told);
  }

  #log(
    fields: Fields,
    caller: Caller,
    {
      metrics = [],
      params = [],
      tags = [],
    }: {
      readonly metrics?: readonly Metric[];
      readonly params?: readonly z.output<typeof param>[];
      readonly tags?: readonly z.output<typeof tag>[];
    },
  ): object {
    const { runId: id } = this.#mine(fields, caller);
    for (const one of params) this.#store.logParameter(id, one.key, one.value);
    for (const one of metrics) this.#store.logMetric(id, one);
    for (const one of tags) this.#store.setTag(id, one.key, one.value);
    return {};
  }

  /** The history of a run's models is a tag. @source mlflow: `mlflow.log-model.history` */
  #logModel(fields: Fields, caller: Caller): object {
    const { runId: id } = this.#mine(fields, caller);
    const { model_json: model } = read(z.object({ model_json: z.string() }), fields);
    const before = this.#store.words(id, 'tag').find((one) => one.key === 'mlflow.log-model.history')?.value ?? '[]';
    const history: unknown[] = [...(JSON.parse(before) as unknown[]), JSON.parse(model)];
    this.#store.setTag(id, 'mlflow.log-model.history', JSON.stringify(history));
    return {};
  }

  #searchRuns(fields: Fields): object {
    const told = read(
      z.object({
        experiment_ids: z.array(z.coerce.string()).default([]),
        filter: z.string().default(''),
        run_view_type: viewType,
        max_results: int.default(1_000),
        order_by: z.array(z.string()).default([]),
        page_token: z.string().default(''),
      }),
      fields,
    );
    if (told.max_results > limits.runsPage)
      throw invalidValue(`Invalid value ${told.max_results} for parameter 'max_results': at most ${limits.runsPage}.`);
    const stage = { ACTIVE_ONLY: 'active', DELETED_ONLY: 'deleted', ALL: undefined }[told.run_view_type];
    const found = this.#store
      .runsOf(told.experiment_ids)
      .filter(({ lifecycleStage }) => stage === undefined || lifecycleStage === stage)
      .map((run) => this.#searched(run))
      .filter(runFilter(told.filter))
      .toSorted(runOrder(told.order_by));
    return paged(
      found.map(({ run }) => this.#view(run)),
      'runs',
      told.max_results,
      told.page_token,
    );
  }

  #searched(run: Run): SearchedRun {
    const { runId: id } = run;
    return {
      run,
      metrics: this.#store.latestMetrics(id),
      params: this.#store.words(id, 'param'),
      tags: this.#store.words(id, 'tag'),
    };
  }

  #history(fields: Fields): object {
    const told = read(
      z.object({
        metric_key: z.string(),
        max_results: int.default(limits.historyPage),
        page_token: z.string().default(''),
      }),
      fields,
    );
    const { runId: id } = this.#runOf(fields);
    return paged(
      this.#store.history(id, told.metric_key).map(metricView),
      'metrics',
      told.max_results,
      told.page_token,
    );
  }

  #runOf(fields: Fields): Run {
    const { run_id: id, run_uuid: uuid } = read(runId, fields);
    const found = id ?? uuid;
    if (found === undefined) throw invalidValue("Missing value for required parameter 'run_id'.");
    return this.#store.run(found);
  }

  /** A job changes its own run and those it made below it. */
  #mine(fields: Fields, { job }: Caller): Run {
    const run = this.#runOf(fields);
    const isBelow = this.#store
      .words(run.runId, 'tag')
      .some((one) => one.key === 'mlflow.parentRunId' && one.value === job);
    if (run.runId === job || isBelow) return run;
    throw new MlflowError('PERMISSION_DENIED', `The job ${job} may not change the run ${run.runId} of another.`);
  }

  #view(run: Run): object {
    const { metrics, params, tags } = this.#searched(run);
    return { info: infoView(run), data: { metrics: metrics.map(metricView), params, tags }, inputs: {} };
  }
}

/** Where artifacts of a run are, as clients see it. */
function artifactUri(run: string): string {
  return `mlflow-artifacts:/${run}/artifacts`;
}

function infoView({ runId: id, experimentId, runName, status, startTime, endTime, lifecycleStage }: Run): object {
  return {
    run_id: id,
    run_uuid: id,
    run_name: runName,
    experiment_id: experimentId,
    user_id: 'whence',
    status,
    start_time: startTime,
    ...(endTime === null ? {} : { end_time: endTime }),
    artifact_uri: artifactUri(id),
    lifecycle_stage: lifecycleStage,
  };
}

/** What is no number in JSON crosses as text. */
function metricView(one: Metric): object {
  return { ...one, value: Number.isFinite(one.value) ? one.value : String(one.value) };
}

function experimentView({ experimentId, name, lifecycleStage, createdAt }: Experiment): object {
  return {
    experiment_id: experimentId,
    name,
    artifact_location: 'mlflow-artifacts:/',
    lifecycle_stage: lifecycleStage,
    creation_time: createdAt,
    last_update_time: createdAt,
  };
}

function paged(all: readonly object[], name: string, most: number, token: string): object {
  const from = token === '' ? 0 : Number(Buffer.from(token, 'base64url').toString());
  if (!Number.isSafeInteger(from) || from < 0) throw invalidValue(`Invalid page token '${token}'.`);
  const next = from + most;
  return {
    [name]: all.slice(from, next),
    ...(next < all.length ? { next_page_token: Buffer.from(String(next)).toString('base64url') } : {}),
  };
}

function read<Schema extends z.ZodType>(schema: Schema, fields: Fields): z.output<Schema> {
  const result = schema.safeParse(fields);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `'${path.join('.')}': ${message}`);
  throw invalidValue(`Invalid value for parameter ${problems.join('; ')}`);
}
