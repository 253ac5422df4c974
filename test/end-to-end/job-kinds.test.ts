/** Pipelines whose training is a sweep or a pipeline job, through the built app and the laptop runtime. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Laptop } from './laptop.ts';
import { platformRoutes } from '#shared/contracts/api/platform-routes.ts';

import { mlmodel } from './mlmodel.ts';
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

  test('an MLflow model keeps its flavours, signature and example with the model version', async () => {
    await laptop.publish({
      name: 'flow',
      mlmodel: mlmodel({ id: 'long', value: 'double' }),
      smokeTest: '{ "input_data": { "columns": ["id", "value"], "data": [[1, 0.5]] } }',
    });
    await laptop.drop('flow/a.csv', rows(1));
    const [run] = await laptop.endedRuns('flow', 1);
    expect(run, JSON.stringify(run?.failure)).toMatchObject({ status: 'succeeded' });
    const params = { name: 'flow', version: run?.model?.version ?? '' };
    const model = await laptop.api.call(platformRoutes.showModel, { params });
    expect(model).toMatchObject({
      type: 'mlflow_model',
      run: { runId: run?.runId },
      mlflow: {
        flavors: { python_function: { loader_module: 'mlflow.sklearn' } },
        mlflowVersion: '2.14.1',
        signature: {
          inputs: [
            { name: 'id', type: 'long' },
            { name: 'value', type: 'double' },
          ],
        },
      },
    });
  });

  test.each([
    ['takes what the data does not have', { id: 'long', valeu: 'double' }, '[[1, 0.5]]', /"valeu".*nearest is "value"/],
    ['takes another type than the data has', { id: 'long', value: 'string' }, '[[1, "x"]]', /"value" as string/],
    [
      'is asked for something else by the smoke test',
      { id: 'long', value: 'double' },
      '[[1, "half"]]',
      /Row 1: "value" is "half"/,
    ],
  ] as const)('an MLflow model that %s is not registered', async (what, columns, data, message) => {
    const name = `flow-${what.length}`;
    await laptop.publish({
      name,
      mlmodel: mlmodel(columns),
      smokeTest: `{ "input_data": { "columns": ${JSON.stringify(Object.keys(columns))}, "data": ${data} } }`,
    });
    await laptop.drop(`${name}/a.csv`, rows(1));
    const [run] = await laptop.endedRuns(name, 1);
    expect(run).toMatchObject({ status: 'refused', failure: { code: 'run.signature-mismatch' } });
    expect(run?.failure?.message).toMatch(message);
    expect(run?.model).toBeUndefined();
  });

  test('an MLflow model without a readable MLmodel fails, and says where', async () => {
    await laptop.publish({ name: 'flawed', mlmodel: 'flavors: {}\nsignature: { inputs: "no" }\n' });
    await laptop.drop('flawed/a.csv', rows(1));
    const [run] = await laptop.endedRuns('flawed', 1);
    expect(run).toMatchObject({ status: 'failed', failure: { code: 'run.model-invalid' } });
    expect(run?.failure?.message).toMatch(/^MLmodel:1:10: .*flavour/);
  });

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
