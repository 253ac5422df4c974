/** Pipelines whose training is a sweep or a pipeline job, through the built app and the laptop runtime. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Laptop } from './laptop.ts';
import { rows } from './tiny-pipeline.ts';

let laptop: Laptop;

beforeAll(async () => {
  laptop = await Laptop.start();
}, 120_000);

afterAll(() => laptop[Symbol.asyncDispose]());

describe.concurrent('a pipeline that trains', { timeout: 300_000 }, () => {
  test.each(['sweep', 'pipeline'] as const)(
    'in a %s job is judged and deployed like any other',
    async (trainingJob) => {
      await laptop.publish({ name: trainingJob, trainingJob });
      await laptop.drop(`${trainingJob}/a.csv`, rows(1));
      const [run] = await laptop.endedRuns(trainingJob, 1);
      expect(run, JSON.stringify(run?.failure)).toMatchObject({ status: 'succeeded' });
    },
  );

  test('in a pipeline job with a step that fails says which, with its last lines', async () => {
    await laptop.publish({ name: 'failing', trainingJob: 'pipeline', training: 'fails' });
    await laptop.drop('failing/a.csv', rows(1));
    const [run] = await laptop.endedRuns('failing', 1);
    expect(run).toMatchObject({ status: 'failed', failure: { code: 'run.job-failed' } });
    const told = JSON.stringify(run?.failure?.details);
    expect(told).toMatch(/Step fit failed/);
    expect(told).toMatch(/the loss is not a number/);
  });
});
