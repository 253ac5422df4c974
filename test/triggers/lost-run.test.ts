/** A run whose orchestration vanished: the reconciler ends it, its job and its deployment, however often it is interrupted. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { findRun } from '#functions/run-store/run-store.ts';
import { reconcile } from '#functions/triggers/reconcile-all.ts';
import type { MlPlatform } from '#shared/ports/ml-platform.ts';
import { Issuer } from '#test/api/issuer.ts';
import type { ApiLab } from '#test/api/lab.ts';
import { endClaimOnly, labWithRun, owned } from '#test/support/claimed-run.ts';
import { MemoryMessageBus } from '#test/support/memory-message-bus.ts';

const { runId } = owned.run;
let issuer: Issuer;
let lab: ApiLab;
let ml: MlPlatform;
let bus: MemoryMessageBus;
beforeAll(async () => {
  issuer = await Issuer.start();
});
afterAll(() => issuer[Symbol.asyncDispose]());

/** A run that trains, with a deployment at 0 % beside one that serves; its claim was ended, and the run was not. */
beforeEach(async () => {
  lab = await labWithRun(issuer, 'gen-6', (head) => ({
    ...head,
    steps: head.steps.map((step) => (step.name === 'train' ? { ...step, status: 'running', job: 'job-1' } : step)),
  }));
  ({ ml } = lab.deps);
  bus = new MemoryMessageBus('pipeline-events');
  await ml.submitJob('job-1', { properties: { tags: {} } });
  await endClaimOnly(lab);
});

test('ends as lost, its job is canceled, and its deployment goes', async () => {
  await reconcile({ ...lab.deps, bus });
  const head = await findRun(lab.deps, runId);
  expect(head).toMatchObject({ status: 'failed', failure: { code: 'run.lost' } });
  expect(head?.steps.find(({ name }) => name === 'train')).toMatchObject({ status: 'failed' });
  expect((await ml.job('job-1'))?.state).toBe('canceled');
  expect((await ml.deployments('demo-local')).map(({ name }) => name)).toEqual(['gen-6']);
});

test('is looked at again where Azure ML did not answer', async () => {
  const { cancelJob } = ml;
  ml.cancelJob = () => Promise.reject(new Error('no answer'));
  await reconcile({ ...lab.deps, bus });
  expect(await findRun(lab.deps, runId)).toMatchObject({ status: 'running' });
  ml.cancelJob = cancelJob;
  await reconcile({ ...lab.deps, bus });
  expect(await findRun(lab.deps, runId)).toMatchObject({ status: 'failed' });
});

test('keeps a deployment that has traffic', async () => {
  await ml.putEndpoint('demo-local', { properties: { traffic: { 'gen-7': 100 } } });
  await reconcile({ ...lab.deps, bus });
  expect(await findRun(lab.deps, runId)).toMatchObject({ status: 'failed' });
  expect((await ml.deployments('demo-local')).map(({ name }) => name)).toEqual(['gen-6', 'gen-7']);
});
