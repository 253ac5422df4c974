/** What a roll-out that fails restores: an endpoint that serves goes on serving, whether Whence has a record of it or not. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { revertRollOutActivity, shiftTrafficActivity } from '#functions/activities/run/roll-out.ts';
import { readServing } from '#functions/run-store/serving-store.ts';
import { Issuer } from '#test/api/issuer.ts';
import type { ApiLab } from '#test/api/lab.ts';
import { labWithRun, owned, untilDone } from '#test/support/claimed-run.ts';

const failure = { code: 'rollout.smoke-test-failed', message: 'It answered 500.', details: {} };

let issuer: Issuer;
let lab: ApiLab;
beforeAll(async () => {
  issuer = await Issuer.start();
});
afterAll(() => issuer[Symbol.asyncDispose]());

/** An endpoint that serves with `old`, of which Whence has no record, and a run with a model and a deployment `gen-7`. */
beforeEach(async () => {
  lab = await labWithRun(issuer, 'old', (head) => ({ ...head, model: { name: 'demo', version: '7' } }));
});

async function traffic(): Promise<unknown> {
  return (await lab.deps.ml.endpoint('demo-local'))?.traffic;
}

test('a roll-out that fails before it shifts traffic leaves it alone, and takes its own deployment away', async () => {
  await untilDone(() => revertRollOutActivity(lab.deps, { ...owned, failure }));
  expect(await traffic()).toEqual({ old: 100 });
  expect((await lab.deps.ml.deployments('demo-local')).map(({ name }) => name)).toEqual(['old']);
});

test('a roll-out that fails after it shifted traffic restores what the endpoint served', async () => {
  await shiftTrafficActivity(lab.deps, owned);
  expect(await traffic()).toEqual({ 'gen-7': 100 });
  await untilDone(() => revertRollOutActivity(lab.deps, { ...owned, failure }));
  expect(await traffic()).toEqual({ old: 100 });
  expect((await readServing(lab.deps.records, 'demo-local')).record).toMatchObject({
    manifestNumber: 0,
    traffic: { old: 100 },
  });
});

test('a roll-out that ends well has nothing to restore', async () => {
  await untilDone(() => shiftTrafficActivity(lab.deps, owned));
  expect(await traffic()).toEqual({ 'gen-7': 100 });
  expect((await readServing(lab.deps.records, 'demo-local')).record).toMatchObject({
    manifestNumber: 7,
    traffic: { 'gen-7': 100 },
  });
});
