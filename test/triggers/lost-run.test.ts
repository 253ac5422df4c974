/** A run whose orchestration vanished: the reconciler ends it, its job and its deployment, however often it is interrupted. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { startRunActivity } from '#functions/activities/run/start-run.ts';
import { appendRunEvent, findRun } from '#functions/run-store/run-store.ts';
import { reconcile } from '#functions/triggers/reconcile-all.ts';
import { claimTable, type ClaimRecord } from '#shared/contracts/records/claim.ts';
import type { MlPlatform } from '#shared/ports/ml-platform.ts';
import { Issuer } from '#test/api/issuer.ts';
import { ApiLab } from '#test/api/lab.ts';

const runKey = 'a'.repeat(64);
const runId = 'demo-r-0123456789abcdef0123';
const run = {
  runId,
  runKey,
  pipeline: 'demo',
  pipelineVersion: 'b'.repeat(64),
  generation: 7,
  manifestNumber: 7,
  manifestDigest: 'c'.repeat(64),
  occasion: '',
};
const key = { partition: claimTable.partition, row: runKey };

let issuer: Issuer;
let lab: ApiLab;
let ml: MlPlatform;
beforeAll(async () => {
  issuer = await Issuer.start();
});
afterAll(() => issuer[Symbol.asyncDispose]());

/** A run that trains, with a deployment at 0 % beside one that serves; its claim was ended, and the run was not. */
beforeEach(async () => {
  lab = await ApiLab.open(issuer);
  ({ ml } = lab.deps);
  const about = {
    schemaVersion: 1,
    pipeline: 'demo',
    generation: 7,
    manifestNumber: 7,
    runId,
    contentKey: runKey,
  } as const;
  await lab.deps.records.insert<ClaimRecord>(claimTable.table, key, { ...about, state: 'claimed' });
  await startRunActivity(lab.deps, { run, token: 'mine', requests: [] });
  await appendRunEvent(
    lab.deps,
    runId,
    { key: 'job', type: 'job.submitted', step: 'train', summary: 'Submitted.', data: {} },
    (head) => ({
      ...head,
      steps: head.steps.map((step) => (step.name === 'train' ? { ...step, status: 'running', job: 'job-1' } : step)),
    }),
  );
  await ml.submitJob('job-1', { properties: { tags: {} } });
  await ml.putEndpoint('demo-local', { properties: {} });
  await ml.putDeployment('demo-local', 'gen-6', {});
  await ml.putDeployment('demo-local', 'gen-7', {});
  await ml.putEndpoint('demo-local', { properties: { traffic: { 'gen-6': 100 } } });
  const claim = await lab.deps.records.get(claimTable.table, key);
  const ended: ClaimRecord = { ...about, state: 'ended', token: 'mine', status: 'failed', rejectedData: false };
  await lab.deps.records.replace(claimTable.table, key, ended, claim?.etag ?? '');
});

test('ends as lost, its job is canceled, and its deployment goes', async () => {
  await reconcile(lab.deps);
  const head = await findRun(lab.deps, runId);
  expect(head).toMatchObject({ status: 'failed', failure: { code: 'run.lost' } });
  expect(head?.steps.find(({ name }) => name === 'train')).toMatchObject({ status: 'failed' });
  expect((await ml.job('job-1'))?.state).toBe('canceled');
  expect((await ml.deployments('demo-local')).map(({ name }) => name)).toEqual(['gen-6']);
});

test('is looked at again where Azure ML did not answer', async () => {
  const { cancelJob } = ml;
  ml.cancelJob = () => Promise.reject(new Error('no answer'));
  await reconcile(lab.deps);
  expect(await findRun(lab.deps, runId)).toMatchObject({ status: 'running' });
  ml.cancelJob = cancelJob;
  await reconcile(lab.deps);
  expect(await findRun(lab.deps, runId)).toMatchObject({ status: 'failed' });
});

test('keeps a deployment that has traffic', async () => {
  await ml.putEndpoint('demo-local', { properties: { traffic: { 'gen-7': 100 } } });
  await reconcile(lab.deps);
  expect(await findRun(lab.deps, runId)).toMatchObject({ status: 'failed' });
  expect((await ml.deployments('demo-local')).map(({ name }) => name)).toEqual(['gen-6', 'gen-7']);
});
