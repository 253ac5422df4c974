/** What a run leaves behind, whatever interrupts its end. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { finishRunActivity } from '#functions/activities/run/finish-run.ts';
import { pollJobActivity } from '#functions/activities/run/poll-job.ts';
import {
  createDeploymentActivity,
  revertRollOutActivity,
  shiftTrafficActivity,
} from '#functions/activities/run/roll-out.ts';
import { submitJobActivity } from '#functions/activities/run/submit-job.ts';
import { appendRunEvent, createRun, listRuns, requireRun } from '#functions/run-store/run-store.ts';
import { readServing, writeServing } from '#functions/run-store/serving-store.ts';
import { reconcile } from '#functions/triggers/reconcile-all.ts';
import { reconcileEndpoint } from '#functions/triggers/reconcile-endpoint.ts';
import { windowRow, windowTable } from '#shared/contracts/records/data-window.ts';
import { pipelineTable } from '#shared/contracts/records/pipeline.ts';
import type { RunHead } from '#shared/contracts/records/run.ts';
import type { ServingRecord } from '#shared/contracts/records/serving.ts';
import { slotTable } from '#shared/contracts/records/slot.ts';
import { jobName } from '#shared/domain/run/names.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import { Issuer } from '#test/api/issuer.ts';
import type { ApiLab } from '#test/api/lab.ts';
import { endClaimOnly, labWithRun, owned, untilDone } from '#test/support/claimed-run.ts';
import { MemoryMessageBus } from '#test/support/memory-message-bus.ts';

const { runId } = owned.run;
const failure = { code: 'rollout.smoke-test-failed', message: 'It answered 500.', details: {} };
const failed = { outcome: 'ended', status: 'failed', failure } as const;
const E = 'demo-local';
let issuer: Issuer;
let lab: ApiLab;
let bus: MemoryMessageBus;
beforeAll(async () => {
  issuer = await Issuer.start();
});
afterAll(() => issuer[Symbol.asyncDispose]());
const begin = async (change: (head: RunHead) => RunHead = (head) => head) => {
  lab = await labWithRun(issuer, 'old', (head) => change({ ...head, model: { name: 'demo', version: '7' } }));
  bus = new MemoryMessageBus('pipeline-events');
};
beforeEach(() => begin());

const deps = () => ({ ...lab.deps, bus });
const head = async () => requireRun(lab.deps, runId);
const names = async () => (await lab.deps.ml.deployments(E)).map(({ name }) => name);
const traffic = async () => (await lab.deps.ml.endpoint(E))?.traffic;
const training =
  (job?: string) =>
  (before: RunHead): RunHead => ({
    ...before,
    steps: before.steps.map((step) =>
      step.name === 'train' ? { ...step, status: 'running', ...(job === undefined ? {} : { job }) } : step,
    ),
  });
const change = (key: string, how: (head: RunHead) => RunHead) =>
  appendRunEvent(lab.deps, runId, { key, type: 'run.cancel-requested', summary: 's', data: {} }, how);
const cancel = () =>
  change('run.cancel-requested', (before) => ({ ...before, cancelRequestedAt: '2026-01-01T00:00:00.000Z' }));
const serve = async (record: Partial<ServingRecord>) => {
  const read = await readServing(lab.deps.records, E);
  await writeServing(lab.deps.records, read, {
    schemaVersion: 1,
    endpoint: E,
    pipeline: 'demo',
    manifestNumber: 6,
    runId: 'demo-r-6',
    deployment: 'old',
    traffic: { old: 100 },
    retiring: [],
    updatedAt: new Date(lab.nowMs).toISOString(),
    ...record,
  });
};
const serving = async () => {
  const { record } = await readServing(lab.deps.records, E);
  if (record === undefined) throw new Error('Nothing is recorded to serve.');
  return record;
};
async function otherRuns(): Promise<void> {
  for (let at = 1; at <= 20; at += 1)
    await createRun(
      lab.deps,
      {
        ...(await head()),
        runId: `other-r-${at}`,
        runKey: String(at).padStart(64, '0'),
        pipeline: 'other',
        status: 'succeeded',
        createdAt: new Date(lab.nowMs + at * 60_000).toISOString(),
        eventKeys: {},
      },
      { key: 'run.started', type: 'run.started', summary: 's', data: {} },
    );
}

describe('no job outlives its run', () => {
  test('a job that was submitted by an execution that died before it recorded that, and the run is canceled', async () => {
    const name = jobName(runId, 'train', 1);
    await lab.deps.ml.submitJob(name, { properties: { tags: {} } });
    await cancel();
    expect(await submitJobActivity(lab.deps, { ...owned, step: 'train', attempt: 1 })).toMatchObject({
      status: 'canceled',
    });
    expect((await lab.deps.ml.job(name))?.state).toBe('canceled');
  });
  test('the same, and the run is lost', async () => {
    await begin(training());
    const name = jobName(runId, 'train', 1);
    await lab.deps.ml.submitJob(name, { properties: { tags: {} } });
    await endClaimOnly(lab);
    await reconcile(deps());
    expect(await head()).toMatchObject({ status: 'failed' });
    expect((await lab.deps.ml.job(name))?.state).toBe('canceled');
  });
  test('a job that could not be asked for eight attempts, so that the run failed', async () => {
    await begin(training('job-1'));
    await lab.deps.ml.submitJob('job-1', { properties: { tags: {} } });
    await finishRunActivity(deps(), {
      ...owned,
      ending: { ...failed, failure: { ...failure, code: 'azure-ml.unavailable' } },
    });
    expect((await lab.deps.ml.job('job-1'))?.state).toBe('canceled');
  });
});

describe('no deployment outlives a roll-out that failed', () => {
  test('a revert waits while its deployment is still being created', async () => {
    const { ml } = lab.deps;
    ml.deployment = async (_endpoint, name) => ({ name, provisioning: 'creating', tags: {}, body: {} });
    ml.deleteDeployment = () =>
      Promise.reject(new WhenceError('azure-ml.unavailable', 'DELETE: another operation goes on (409).'));
    expect(await revertRollOutActivity(lab.deps, { ...owned, failure })).toMatchObject({ outcome: 'provisioning' });
  });
  test('one that the revert could not delete in all its attempts goes later', async () => {
    await finishRunActivity(deps(), { ...owned, ending: failed });
    for (let hour = 0; hour < 48; hour += 1) {
      lab.nowMs += 3_600_000;
      await reconcile(deps());
    }
    expect(await names()).toEqual(['old']);
  });
  test('what served before is not there any more (workspace lost): the revert ends', async () => {
    await serve({ deployment: 'gen-6', traffic: { 'gen-6': 100 } });
    await untilDone(() => revertRollOutActivity(lab.deps, { ...owned, failure }));
    expect(await names()).toEqual(['old']);
  });
});

describe('a roll-out that settled stays', () => {
  test('shiftTraffic that runs again after its work is done, also if somebody canceled meanwhile', async () => {
    await untilDone(() => shiftTrafficActivity(lab.deps, owned)); // its answer was lost
    await cancel();
    expect(await shiftTrafficActivity(lab.deps, owned)).toEqual({ outcome: 'done' });
  });
  test('a revert never asks to delete the deployment that serves', async () => {
    await untilDone(() => shiftTrafficActivity(lab.deps, owned));
    const deleted: string[] = [];
    lab.deps.ml.deleteDeployment = async (_endpoint, name) => void deleted.push(name);
    await revertRollOutActivity(lab.deps, { ...owned, failure });
    expect(deleted).toEqual([]);
  });
});

describe('a deployment has an owner', () => {
  const another = () =>
    lab.deps.ml.putDeployment(E, 'gen-7', {
      tags: { 'whence.owner': 'another-r-1' },
      properties: { model: 'another' },
    });
  test('one of that name that another run made is not taken for mine', async () => {
    await another();
    await lab.deps.ml.deployment(E, 'gen-7');
    expect(await createDeploymentActivity(lab.deps, owned)).toMatchObject({ outcome: 'ended', status: 'failed' });
  });
  test('a revert leaves it alone', async () => {
    await another();
    await revertRollOutActivity(lab.deps, { ...owned, failure });
    expect(await names()).toContain('gen-7');
  });
  test('the reconciler leaves it alone, of a lost run that never came to its roll-out', async () => {
    await another();
    await endClaimOnly(lab);
    await reconcile(deps());
    expect(await names()).toContain('gen-7');
  });
});

describe('the reconciler does not disturb a roll-out', () => {
  test('it keeps what a roll-out that has not ended would restore', async () => {
    await serve({});
    await lab.deps.ml.endpoint(E);
    await shiftTrafficActivity(lab.deps, owned); // stored and put; the app goes down
    expect(await traffic()).toEqual({ 'gen-7': 100 });
    lab.nowMs += 11 * 60_000;
    await reconcileEndpoint(lab.deps, await serving()); // the app is back, the timer is first
    await cancel();
    expect(await shiftTrafficActivity(lab.deps, owned)).toMatchObject({ status: 'canceled' });
    await untilDone(() => revertRollOutActivity(lab.deps, { ...owned, failure }));
    expect(await traffic()).toEqual({ old: 100 });
  });
  test('it goes by the row as it is now, not as it was listed', async () => {
    await untilDone(() => shiftTrafficActivity(lab.deps, owned));
    const listed = await serving();
    const { ml } = lab.deps;
    await ml.putDeployment(E, 'gen-8', {});
    await ml.putEndpoint(E, { properties: { traffic: { 'gen-8': 100 } } });
    await ml.endpoint(E);
    await serve({ manifestNumber: 8, runId: 'demo-r-8', deployment: 'gen-8', traffic: { 'gen-8': 100 } });
    await reconcileEndpoint(lab.deps, listed);
    expect(await traffic()).toEqual({ 'gen-8': 100 });
  });
});

describe('every end is told, as it was', () => {
  test('a run that rolled out stays succeeded when its announcement could not be sent', async () => {
    await begin((before) => ({
      ...before,
      steps: before.steps.map((step) => (step.name === 'announce' ? step : { ...step, status: 'succeeded' })),
    }));
    await untilDone(() => shiftTrafficActivity(lab.deps, owned));
    await expect(finishRunActivity(lab.deps, { ...owned, ending: { outcome: 'done' } })).rejects.toThrow(); // no topic; eight times
    await endClaimOnly(lab); // so does the reconciler with the claim of an instance that failed
    await reconcile(deps());
    expect(await head()).toMatchObject({ status: 'succeeded' });
  });
  test('a lost run is announced', async () => {
    await endClaimOnly(lab);
    await reconcile(deps());
    expect(bus.sent('pipeline-events').map(({ subject }) => subject)).toEqual(['whence.run.failed']);
  });
});

describe('twenty newer runs hide nothing', () => {
  test('a lost run is closed, however late Azure ML answers', async () => {
    const at = new Date(lab.nowMs).toISOString();
    const { records, ml, client } = lab.deps;
    const gone = { ...deps(), client: { ...client, status: async () => 'Terminated' as const } };
    await records.insert(
      pipelineTable.table,
      { partition: pipelineTable.partition, row: 'demo' },
      {
        schemaVersion: 1,
        name: 'demo',
        activeVersion: owned.run.pipelineVersion,
        paused: true,
        trigger: { container: 'landing', path: '*.csv', select: 'all', settleMs: 1, maxWaitMs: 1 },
        endpoint: E,
        updatedAt: at,
        updatedBy: 'ada',
      },
    );
    await records.insert(
      windowTable,
      { partition: 'demo', row: windowRow(7) },
      {
        schemaVersion: 1,
        generation: 7,
        state: 'done',
        by: 'x',
        openedAt: at,
        lastTouchAt: at,
        listings: [],
        requests: [],
        runKey: owned.run.runKey,
      },
    );
    await records.insert(
      slotTable.table,
      { partition: slotTable.partition, row: 'demo' },
      { schemaVersion: 1, owner: 7, hi: 7 },
    );
    const { endpoint } = ml;
    ml.endpoint = () => Promise.reject(new Error('no answer'));
    await reconcile(gone); // ends the claim and frees the slot; Azure ML does not answer
    await otherRuns();
    ml.endpoint = endpoint;
    for (let round = 0; round < 5; round += 1) await reconcile(gone);
    expect(await head()).toMatchObject({ status: 'failed' });
  });
  test('the index says what a head says, where the process died between them', async () => {
    const { records } = lab.deps;
    const { insert } = records;
    records.insert = ((table, key, value) =>
      table === 'runindex'
        ? Promise.reject(new Error('killed'))
        : insert.call(records, table, key, value)) as typeof insert;
    lab.nowMs += 1_000;
    const end = () => change('run.ended', (before) => ({ ...before, status: 'succeeded' }));
    await expect(end()).rejects.toThrow('killed');
    records.insert = insert;
    await end(); // the activity runs again
    await otherRuns();
    for (let round = 0; round < 5; round += 1) await reconcile(deps());
    expect((await listRuns(lab.deps, 'demo', { limit: 9 })).runs.map(({ status }) => status)).toEqual(['succeeded']);
  });
});

describe('a failure keeps its code', () => {
  test('a job that failed after a progress bar', async () => {
    const { ml, mlBlobs, config } = lab.deps;
    const bar = Array.from({ length: 5_000 }, (_, at) => `\rEpoch ${at}/5000 [=====>....] loss: 0.123`).join('');
    const log = 'ExperimentRun/dcid.job-1/user_logs/std_log.txt';
    await mlBlobs.putIfAbsent(
      config.WHENCE_ML_ARTIFACTS_CONTAINER,
      log,
      Buffer.from(`${bar}\nValueError: x\n`),
      'text/plain',
    );
    ml.job = async (name) => ({ name, state: 'failed', rawStatus: 'Failed', tags: {}, outputs: {} });
    const ended = await pollJobActivity(lab.deps, { ...owned, step: 'train', attempt: 1, job: 'job-1' });
    expect(ended).toMatchObject({ outcome: 'ended', failure: { code: 'run.job-failed' } });
    expect(JSON.stringify(ended).length).toBeLessThan(45_000);
  });
  test('a log of many megabytes still tells how it ended', async () => {
    const { ml } = lab.deps;
    await lab.deps.mlBlobs.putIfAbsent(
      lab.deps.config.WHENCE_ML_ARTIFACTS_CONTAINER,
      'ExperimentRun/dcid.job-2/user_logs/std_log.txt',
      Buffer.from(`${'epoch 1 of 9000\n'.repeat(400_000)}ValueError: no rows\n`),
      'text/plain',
    );
    ml.job = async (name) => ({ name, state: 'failed', rawStatus: 'Failed', tags: {}, outputs: {} });
    const ended = await pollJobActivity(lab.deps, { ...owned, step: 'train', attempt: 1, job: 'job-2' });
    const lastLines = [...Array<string>(39).fill('epoch 1 of 9000'), 'ValueError: no rows'];
    expect(ended).toMatchObject({ failure: { details: { lastLines } } });
  });
  test('a deployment that failed before it had a container to ask for a log', async () => {
    const { ml } = lab.deps;
    ml.deployment = async (_endpoint, name) => ({ name, provisioning: 'failed', tags: {}, body: {} });
    ml.deploymentLogs = () => Promise.reject(new WhenceError('azure-ml.refused', 'getLogs: no container (400).'));
    expect(await createDeploymentActivity(lab.deps, owned)).toMatchObject({
      failure: { code: 'rollout.deployment-failed' },
    });
  });
});

describe('an older app keeps what a later one wrote', () => {
  test('a serving record', async () => {
    await serve({ evidence: 'sha256' } as never);
    await shiftTrafficActivity(lab.deps, owned);
    await revertRollOutActivity(lab.deps, { ...owned, failure });
    expect(await serving()).toMatchObject({ runId: 'demo-r-6', evidence: 'sha256' });
  });
});
