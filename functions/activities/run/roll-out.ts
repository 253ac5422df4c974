import type { DoneOrEnded, Ended, OwnedRun } from '#shared/contracts/activities/run/run-activities.ts';
import type { PipelineVersion } from '#shared/contracts/records/pipeline-version.ts';
import type { RunHead } from '#shared/contracts/records/run.ts';
import type { ServingRecord } from '#shared/contracts/records/serving.ts';
import { deploymentBody, endpointBody } from '#shared/domain/azure-ml/render/run-bodies.ts';
import { limits } from '#shared/domain/limits.ts';
import { deploymentName } from '#shared/domain/run/names.ts';
import { allTrafficTo, holdsTraffic, withTraffic, type TrafficMap } from '#shared/domain/run/traffic.ts';
import { isWhenceError, toFailure, WhenceError, type Failure } from '#shared/errors/whence-error.ts';
import type { ArmBody, EndpointView, ProvisioningState } from '#shared/ports/ml-platform.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { readPipelineFile, readPipelineVersion } from '../../pipelines/pipeline-store.ts';
import { appendRunEvent } from '../../run-store/run-store.ts';
import { readServing, writeServing } from '../../run-store/serving-store.ts';
import { fence } from '../data-window/fence.ts';
import { isMine } from './owner.ts';
import { registerCode, registerEnvironment } from './assets.ts';
import { staged } from './stage.ts';
import { closeStep, finishStep, notMine, openStep } from './step.ts';

type Provisioning = { readonly outcome: 'provisioning'; readonly state: ProvisioningState };
type Progress = { readonly outcome: 'done' } | Provisioning | Ended;

const inProgress: ReadonlySet<ProvisioningState> = new Set(['creating', 'updating', 'deleting', 'unknown']);

/** Creates the endpoint if there is none; refuses what must not roll out. */
export async function prepareRollOutActivity(deps: ActivityDependencies, owned: OwnedRun): Promise<Progress> {
  const head = await openStep(deps, owned, 'rollout', 'Preparing the endpoint.');
  if ('outcome' in head) return head;
  const { run } = owned;
  const { definition } = await readPipelineVersion(deps, run.pipeline, run.pipelineVersion);
  const name = deps.endpointName(run.pipeline);
  const serving = (await readServing(deps.records, name)).record;
  const refusal = whyNot(owned, name, serving);
  if (refusal !== undefined) return closeStep(deps, owned, 'rollout', { status: 'refused', failure: refusal });
  const endpoint = await deps.ml.endpoint(name);
  if (endpoint === undefined) {
    const tags = { 'whence.owner': run.pipeline, 'whence.pipeline': run.pipeline };
    const { endpointAuthentication: authMode, publicNetworkAccess } = deps.profile;
    await deps.ml.putEndpoint(
      name,
      endpointBody(definition.deploy.endpoint.endpoint, {
        location: deps.config.WHENCE_AZURE_ML_LOCATION,
        authMode,
        publicNetworkAccess,
        identity: deps.profile.endpointIdentity,
        tags,
      }),
    );
    return { outcome: 'provisioning', state: 'creating' };
  }
  if (inProgress.has(endpoint.provisioning)) return { outcome: 'provisioning', state: endpoint.provisioning };
  if (endpoint.provisioning !== 'succeeded') {
    return closeStep(
      deps,
      owned,
      'rollout',
      failed('rollout.endpoint-failed', `Endpoint ${name} is ${endpoint.provisioning}.`, { endpoint: name }),
    );
  }
  return { outcome: 'done' };
}

/** Creates the new deployment without traffic, or reads how far it is. */
export async function createDeploymentActivity(deps: ActivityDependencies, owned: OwnedRun): Promise<Progress> {
  const head = await openStep(deps, owned, 'rollout', 'Creating the deployment.');
  if ('outcome' in head) return head;
  const { run } = owned;
  const version = await readPipelineVersion(deps, run.pipeline, run.pipelineVersion);
  const name = deploymentName(run.generation);
  const endpoint = deps.endpointName(run.pipeline);
  const there = await deps.ml.deployment(endpoint, name);
  if (there === undefined) {
    try {
      await deps.ml.putDeployment(endpoint, name, staged(deps, await bodyOf(deps, owned, version, head)));
    } catch (error) {
      if (!isWhenceError(error) || error.code !== 'run.stage-refused') throw error;
      return closeStep(deps, owned, 'rollout', { status: 'refused', failure: toFailure(error) });
    }
    return { outcome: 'provisioning', state: 'creating' };
  }
  if (!isMine(there.tags, run.runId))
    return closeStep(
      deps,
      owned,
      'rollout',
      failed('azure-ml.name-taken', `Deployment ${name} of ${endpoint} is there already and is not ours.`, {
        endpoint,
        deployment: name,
      }),
    );
  if (inProgress.has(there.provisioning)) return { outcome: 'provisioning', state: there.provisioning };
  if (there.provisioning === 'succeeded') return { outcome: 'done' };
  const lastLines = await logsOf(deps, endpoint, name);
  return closeStep(
    deps,
    owned,
    'rollout',
    failed('rollout.deployment-failed', `Deployment ${name} of ${endpoint} is ${there.provisioning}.`, {
      endpoint,
      deployment: name,
      lastLines,
    }),
  );
}

/** Answers that say nothing about the model: asked too much, or not there for a moment. */
const busyStatuses: ReadonlySet<number> = new Set([408, 429, 503]);

/** Sends the smoke test to the new deployment, past the traffic rules. */
export async function smokeTestActivity(deps: ActivityDependencies, owned: OwnedRun): Promise<DoneOrEnded> {
  const head = await openStep(deps, owned, 'rollout', 'Testing the deployment.');
  if ('outcome' in head) return head;
  const { run } = owned;
  const version = await readPipelineVersion(deps, run.pipeline, run.pipelineVersion);
  const deployment = deploymentName(run.generation);
  const name = deps.endpointName(run.pipeline);
  const endpoint = await requireEndpoint(deps, name);
  const answer = await deps.ml.score(endpoint, { deployment, body: await sampleRequest(deps, version) });
  if (answer.status >= 200 && answer.status < 300) return { outcome: 'done' };
  if (busyStatuses.has(answer.status))
    throw new WhenceError('azure-ml.unavailable', `Deployment ${deployment} answered ${answer.status}: busy.`);
  const lastLines = await logsOf(deps, name, deployment);
  return closeStep(
    deps,
    owned,
    'rollout',
    failed('rollout.smoke-test-failed', `Deployment ${deployment} answered the smoke test with ${answer.status}.`, {
      status: answer.status,
      answer: excerpt(answer.body),
      lastLines,
    }),
  );
}

/**
 * Gives the new deployment all traffic, and reads back whether the endpoint holds the map. The desired map is stored
 * first, so that the reconciler can finish what a crash interrupts.
 */
export async function shiftTrafficActivity(deps: ActivityDependencies, owned: OwnedRun): Promise<Progress> {
  const head = await openStep(deps, owned, 'rollout', 'Shifting traffic.');
  if ('outcome' in head) return head;
  const { run } = owned;
  const name = deps.endpointName(run.pipeline);
  const wanted = allTrafficTo(deploymentName(run.generation));
  const stored = await storeDesired(deps, owned, name, head, wanted);
  if (stored !== undefined) return closeStep(deps, owned, 'rollout', { status: 'refused', failure: stored });
  const progress = await putTraffic(deps, name, wanted);
  if (progress !== undefined) return progress;
  await settleServing(deps, run.runId, name);
  return finishStep(deps, owned, 'rollout', {
    summary: `Endpoint ${name} serves model version ${requireModel(head).version}.`,
    data: { endpoint: name, traffic: wanted },
    change: (before) => ({ ...before, endpoint: name, deployment: deploymentName(run.generation) }),
  });
}

/** Restores the traffic map that was and removes the new deployment. */
export async function revertRollOutActivity(
  deps: ActivityDependencies,
  {
    failure,
    ...owned
  }: OwnedRun & { readonly failure: Failure | { code: string; message: string; details: Record<string, unknown> } },
): Promise<Progress> {
  const { run } = owned;
  if (!(await fence(deps, { runKey: run.runKey, token: owned.token }))) return notMine(run.runId);
  const name = deps.endpointName(run.pipeline);
  const restored = await restoreServing(deps, run.runId, name);
  const endpoint = await deps.ml.endpoint(name);
  if (endpoint !== undefined) {
    const names = new Set((await deps.ml.deployments(name)).map((one) => one.name));
    const canServe = restored !== undefined && Object.keys(restored).every((one) => names.has(one));
    const progress = canServe ? await putTraffic(deps, name, restored) : undefined;
    if (progress !== undefined) return progress;
    const mine = deploymentName(run.generation);
    const there = await deps.ml.deployment(name, mine);
    // Another operation goes on: asked now, it would refuse the deletion.
    if (there !== undefined && inProgress.has(there.provisioning))
      return { outcome: 'provisioning', state: there.provisioning };
    const serves = ((canServe ? restored : endpoint.traffic)[mine] ?? 0) > 0;
    if (there !== undefined && !serves && isMine(there.tags, run.runId)) await deps.ml.deleteDeployment(name, mine);
  }
  await appendRunEvent(deps, run.runId, {
    key: 'traffic.restored',
    type: 'traffic.changed',
    step: 'rollout',
    summary: `Traffic of ${name} is as it was before.`,
    data: { endpoint: name, traffic: restored ?? endpoint?.traffic ?? {}, because: failure.code },
  });
  return { outcome: 'done' };
}

async function bodyOf(
  deps: ActivityDependencies,
  { run }: OwnedRun,
  version: PipelineVersion,
  head: RunHead,
): Promise<ArmBody> {
  const { deployment } = version.definition.deploy.deployment;
  const model = requireModel(head);
  return deploymentBody(deployment, {
    location: deps.config.WHENCE_AZURE_ML_LOCATION,
    model: deps.ml.assetId('models', model.name, model.version),
    codeId: deployment.code === undefined ? undefined : await registerCode(deps, version, deployment.code),
    environmentId:
      deployment.environment === undefined
        ? undefined
        : await registerEnvironment(deps, version, deployment.environment),
    tags: { 'whence.owner': run.runId, 'whence.run': run.runId, 'whence.pipeline': run.pipeline },
  });
}

/** A deployment that failed may have no container to ask. */
async function logsOf(deps: ActivityDependencies, endpoint: string, name: string): Promise<string> {
  return (await deps.ml.deploymentLogs(endpoint, name, 20).catch(() => '')).slice(-8_000);
}

async function sampleRequest(deps: ActivityDependencies, version: PipelineVersion): Promise<unknown> {
  const bytes = await readPipelineFile(deps, version, version.definition.deploy.smokeTest);
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
}

function whyNot({ run }: OwnedRun, endpoint: string, serving: ServingRecord | undefined): Failure | undefined {
  if (serving === undefined) return undefined;
  if (serving.pipeline !== run.pipeline) {
    return {
      code: 'rollout.endpoint-taken',
      message: `Endpoint ${endpoint} belongs to pipeline ${serving.pipeline}.`,
      details: { endpoint, pipeline: serving.pipeline },
    };
  }
  if (serving.runId !== run.runId && serving.manifestNumber > run.manifestNumber) {
    return {
      code: 'rollout.older-manifest',
      message: `Endpoint ${endpoint} serves data version ${serving.manifestNumber}, which is newer than ${run.manifestNumber}.`,
      details: { endpoint, serves: serving.manifestNumber, offered: run.manifestNumber },
    };
  }
  return undefined;
}

/** @returns a refusal, or undefined once the desired map is stored for this run */
async function storeDesired(
  deps: ActivityDependencies,
  owned: OwnedRun,
  name: string,
  head: RunHead,
  wanted: TrafficMap,
): Promise<Failure | undefined> {
  const { run } = owned;
  for (;;) {
    const read = await readServing(deps.records, name);
    const before = read.record;
    // Without a record the endpoint is new, or it served before Whence knew it: then that is what a failure restores.
    const unrecorded = before === undefined ? (await requireEndpoint(deps, name)).traffic : {};
    if (before?.runId === run.runId) return undefined;
    const refusal = whyNot(owned, name, before);
    if (refusal !== undefined) return refusal;
    const now = deps.clock.nowMs();
    const notBefore = new Date(now + 2 * limits.activityRepeatMs).toISOString();
    const leaving = Object.keys(before?.traffic ?? {}).map((deployment) => ({ deployment, notBefore }));
    const next: ServingRecord = {
      ...before,
      schemaVersion: 1,
      endpoint: name,
      pipeline: run.pipeline,
      manifestNumber: run.manifestNumber,
      runId: run.runId,
      model: requireModel(head),
      deployment: deploymentName(run.generation),
      traffic: wanted,
      previous: before === undefined ? { manifestNumber: 0, traffic: unrecorded } : served(before),
      retiring: [...(before?.retiring ?? []), ...leaving],
      updatedAt: new Date(now).toISOString(),
    };
    if (await writeServing(deps.records, read, next)) return undefined;
  }
}

/** The roll-out of this run has ended well: nothing is to be restored any more. */
async function settleServing(deps: ActivityDependencies, runId: string, name: string): Promise<void> {
  for (;;) {
    const read = await readServing(deps.records, name);
    if (read.record?.runId !== runId || read.record.previous === undefined) return;
    const { previous: _previous, ...settled } = read.record;
    if (await writeServing(deps.records, read, settled)) return;
  }
}

/**
 * @returns the traffic map that has to hold again. Undefined: there is no record, so no roll-out of ours ever wanted
 * another map, and what the endpoint serves is left alone
 */
async function restoreServing(
  deps: ActivityDependencies,
  runId: string,
  name: string,
): Promise<TrafficMap | undefined> {
  for (;;) {
    const read = await readServing(deps.records, name);
    const now = read.record;
    if (now === undefined) return undefined;
    if (now.runId !== runId || now.previous === undefined) return now.traffic;
    const { previous, runId: _run, model: _model, deployment: _deployment, ...kept } = now;
    const retiring = now.retiring.filter((one) => previous.traffic[one.deployment] === undefined);
    const next: ServingRecord = {
      ...kept,
      ...previous,
      retiring,
      updatedAt: new Date(deps.clock.nowMs()).toISOString(),
    };
    if (await writeServing(deps.records, read, next)) return previous.traffic;
  }
}

/** PUT of the whole endpoint with the map, unless it holds already. @returns undefined once it holds */
async function putTraffic(
  deps: ActivityDependencies,
  name: string,
  wanted: TrafficMap,
): Promise<Provisioning | undefined> {
  const endpoint = await requireEndpoint(deps, name);
  if (inProgress.has(endpoint.provisioning)) return { outcome: 'provisioning', state: endpoint.provisioning };
  if (holdsTraffic(endpoint.traffic, wanted)) return undefined;
  await deps.ml.putEndpoint(name, withTraffic(endpoint.body, wanted));
  const after = await requireEndpoint(deps, name);
  const holds = !inProgress.has(after.provisioning) && holdsTraffic(after.traffic, wanted);
  return holds ? undefined : { outcome: 'provisioning', state: 'updating' };
}

async function requireEndpoint(deps: ActivityDependencies, name: string): Promise<EndpointView> {
  const endpoint = await deps.ml.endpoint(name);
  if (endpoint === undefined)
    throw new WhenceError('azure-ml.unavailable', `Endpoint ${name} is not there (any more).`);
  return endpoint;
}

function requireModel(head: RunHead): NonNullable<RunHead['model']> {
  if (head.model === undefined) throw new WhenceError('core.internal', `Run ${head.runId} has no model to roll out.`);
  return head.model;
}

function served({
  manifestNumber,
  runId,
  model,
  deployment,
  traffic,
}: ServingRecord): NonNullable<ServingRecord['previous']> {
  return {
    manifestNumber,
    traffic,
    ...(runId === undefined ? {} : { runId }),
    ...(model === undefined ? {} : { model }),
    ...(deployment === undefined ? {} : { deployment }),
  };
}

function failed(
  code: Failure['code'],
  message: string,
  details: Record<string, unknown>,
): { status: 'failed'; failure: Failure } {
  return { status: 'failed', failure: { code, message, details } };
}

function excerpt(body: unknown): string {
  return (typeof body === 'string' ? body : (JSON.stringify(body) ?? '')).slice(0, 1_000);
}
