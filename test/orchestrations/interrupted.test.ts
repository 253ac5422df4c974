import { beforeAll, expect, test } from 'vitest';
import { eventTypes } from '#local/task-hub/history.ts';
import type { Worker } from '#local/worker/worker.ts';
import { jobs, loadOrchestrations, run, Stage } from '#test/orchestrations/stage.ts';

const failure = { code: 'rollout.smoke-test-failed', message: 'It answered 500.', details: {} };
const waiting = { outcome: 'waiting', state: 'Running', ending: false };
const isTraining = (name: string, input: Readonly<Record<string, unknown>>) =>
  name === 'pollJob' && input['step'] === 'train';
const result = (stage: Stage): unknown => JSON.parse(stage.instance(run.runId).output ?? 'null');
let worker: Worker;
beforeAll(async () => {
  worker = await loadOrchestrations();
});

test('2 a training goes on through six minutes in which Azure ML does not answer', async () => {
  let from = 0;
  const stage: Stage = new Stage(worker, (name, input) => {
    if (!isTraining(name, input)) return undefined;
    from ||= stage.clock.nowMs();
    if (stage.clock.nowMs() - from < 6 * 60_000) throw new Error('[azure-ml.unavailable] no answer');
    return { outcome: 'done' };
  });
  await stage.start();
  await stage.passTime(3 * 3_600_000);
  expect(result(stage)).toEqual({ status: 'succeeded' });
});

test('3 a run says why its roll-out failed, also if the revert cannot be done', async () => {
  const stage = new Stage(worker, (name) => {
    if (name === 'smokeTest') return { outcome: 'ended', status: 'failed', failure };
    if (name === 'revertRollOut') throw new Error('[azure-ml.unavailable] another operation goes on (409)');
    return undefined;
  });
  await stage.start();
  for (const job of [jobs.train, jobs.evaluate]) await stage.jobChanged(job);
  await stage.passTime(20 * 60_000);
  expect(result(stage)).toMatchObject({ failure: { code: 'rollout.smoke-test-failed' } });
});

test('11 an event that comes during a look wakes the job, also where the look was by the timer', async () => {
  let looks = 0;
  const stage: Stage = new Stage(worker, (name, input) => {
    if (!isTraining(name, input)) return undefined;
    looks += 1;
    if (looks > 1) return { outcome: 'done' };
    // It has read that the job runs; now the job ends and says so.
    return stage.hub
      .send(jobs.train, eventTypes.eventRaised, { Name: 'job-changed', Input: '{}', ParentTraceContext: null })
      .then(() => new Promise((resolve) => setTimeout(resolve, 200)))
      .then(() => waiting);
  });
  await stage.start();
  await stage.passTime(11 * 60_000);
  expect(looks).toBe(2);
});

test.each([8, 12])(
  '11 a job that takes %i minutes to be canceled ends the run within two minutes more',
  async (minutes) => {
    let since: number | undefined;
    const stage: Stage = new Stage(worker, (name, input) => {
      if (!isTraining(name, input)) return undefined;
      since ??= stage.clock.nowMs();
      return stage.clock.nowMs() - since < minutes * 60_000
        ? { ...waiting, state: 'CancelRequested', ending: true }
        : { outcome: 'ended', status: 'canceled', failure: { ...failure, code: 'run.canceled' } };
    });
    await stage.start();
    await stage.jobChanged(jobs.train);
    await stage.passTime((minutes + 2) * 60_000);
    expect(stage.instance(run.runId).status).toBe('Completed');
  },
);
