/** Sweep jobs: trials as real processes that log to MLflow. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LaptopLab, SOON, WORKSPACE } from './laptop-lab.ts';

let lab: LaptopLab;
let environmentId: string;
let codeId: string;

/** Logs what MLflow's clients log, without them. */
const LOG = `
const { MLFLOW_TRACKING_URI: uri, MLFLOW_TRACKING_TOKEN: token, MLFLOW_RUN_ID: run_id } = process.env;
export async function call(method, path, body) {
  const response = await fetch(uri + '/api/2.0/mlflow/' + path, { method, headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' }, body: JSON.stringify({ run_id, ...body }) });
  const answer = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}
let step = 0;
export const metric = (key, value) => call('POST', 'runs/log-metric', { key, value, timestamp: Date.now(), step: step++ });
`;

beforeAll(async () => {
  lab = await LaptopLab.open({ parallelJobs: 4 });
  environmentId = await lab.environment();
  codeId = await lab.code('trial', {
    'log.mjs': LOG,
    'trial.mjs': `import { metric } from './log.mjs';
      import { writeFileSync } from 'node:fs';
      const [x, out] = process.argv.slice(2);
      await metric('loss', (Number(x) - 3) ** 2 + 1);
      await metric('loss', (Number(x) - 3) ** 2);
      writeFileSync(out + '/x.txt', x);`,
    'slow.mjs': `import { metric } from './log.mjs';
      const x = Number(process.argv[2]);
      for (let i = 0; i < (x > 5 ? 1_000_000 : 3); i += 1) { await metric('auc', 1 / x); await new Promise((r) => setTimeout(r, 50)); }`,
  });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  expect(lab.problems).toEqual([]);
});

function sweep(more: Readonly<Record<string, unknown>>) {
  return {
    properties: {
      jobType: 'Sweep',
      objective: { goal: 'minimize', primaryMetric: 'loss' },
      samplingAlgorithm: { samplingAlgorithmType: 'Grid' },
      searchSpace: { x: ['choice', [[1, 2, 3, 4]]] },
      limits: { jobLimitsType: 'Sweep', maxTotalTrials: 10, maxConcurrentTrials: 2 },
      trial: { command: 'node trial.mjs ${{search_space.x}} ${{outputs.model}}', codeId, environmentId },
      outputs: { model: { jobOutputType: 'uri_folder', uri: 'azureml://datastores/store/paths/best/' } },
      ...more,
    },
  };
}

async function run(name: string, body: object): Promise<Record<string, unknown>> {
  const answer = await lab.arm('PUT', `/jobs/${name}`, body);
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 201 });
  await expect.poll(() => lab.status(name), SOON).toMatch(/^(Completed|Failed|Canceled)$/);
  return (await lab.arm('GET', `/jobs/${name}`)).body['properties'] as Record<string, unknown>;
}

async function trials(name: string): Promise<{ name: string; properties: { status: string; command: string } }[]> {
  return (await lab.arm('GET', `/jobs?parentJobName=${name}`)).body['value'] as never;
}

describe('a sweep job', () => {
  it('tries the whole grid, and has the outputs of the best trial', async () => {
    const ended = await run('grid', sweep({}));
    expect(ended['status'], await lab.log('grid')).toBe('Completed');
    expect(ended['properties']).toMatchObject({ best_child_run_id: 'grid_2' });
    expect(await lab.read('store', 'best/x.txt')).toBe('3');
    expect(await trials('grid')).toHaveLength(4);
    expect(await lab.log('grid')).toContain('The best trial is grid_2: loss 0, {"x":3}.');
  });

  it('gives up trials that its policy finds worse', async () => {
    const ended = await run(
      'bandit',
      sweep({
        objective: { goal: 'maximize', primaryMetric: 'auc' },
        searchSpace: { x: ['choice', [[1, 100]]] },
        earlyTermination: { policyType: 'Bandit', slackFactor: 0.1, evaluationInterval: 1, delayEvaluation: 1 },
        trial: { command: 'node slow.mjs ${{search_space.x}}', codeId, environmentId },
        outputs: {},
      }),
    );
    expect(ended['status'], await lab.log('bandit')).toBe('Completed');
    expect((await trials('bandit')).map(({ properties }) => properties.status).toSorted()).toEqual([
      'Canceled',
      'Completed',
    ]);
  });

  it('draws the same trials for the same seed, and ends at its number of trials', async () => {
    const random = (name: string) =>
      run(
        name,
        sweep({
          samplingAlgorithm: { samplingAlgorithmType: 'Random', seed: 7, rule: 'Sobol' },
          searchSpace: { x: ['uniform', [0, 6]] },
          limits: { maxTotalTrials: 3 },
        }),
      );
    await random('one');
    await random('two');
    const commands = async (name: string) =>
      (await trials(name)).map(({ properties }) => properties.command).toSorted();
    expect(await commands('one')).toEqual(await commands('two'));
    expect(await commands('one')).toHaveLength(3);
  });

  it('learns from its trials where it is told to', async () => {
    await run(
      'learning',
      sweep({
        samplingAlgorithm: { samplingAlgorithmType: 'Bayesian', seed: 5 },
        searchSpace: { x: ['uniform', [-50, 50]] },
        limits: { maxTotalTrials: 16, maxConcurrentTrials: 1 },
      }),
    );
    const distances = (await trials('learning'))
      .toSorted((a, b) => Number(a.name.split('_')[1]) - Number(b.name.split('_')[1]))
      .map(({ properties }) => Math.abs(Number(properties.command.split(' ')[2]) - 3));
    expect(distances).toHaveLength(16);
    const mean = (some: readonly number[]): number => some.reduce((sum, one) => sum + one, 0) / some.length;
    expect(mean(distances.slice(10))).toBeLessThan(mean(distances.slice(0, 10)) / 2);
  });

  it('fails where no trial logs the metric, and says so', async () => {
    const ended = await run('silent', sweep({ trial: { command: 'true', environmentId }, outputs: {} }));
    expect(ended['status']).toBe('Failed');
    expect(await lab.log('silent')).toContain('no trial logged the metric "loss"');
  });

  it('is a step of a pipeline too', async () => {
    const componentSpec = {
      type: 'command',
      name: 'trial',
      command: 'node trial.mjs ${{inputs.x}} ${{outputs.model}}',
      code: codeId,
      environment: environmentId,
      inputs: { x: { type: 'number' } },
      outputs: { model: { type: 'uri_folder' } },
    };
    await lab.put('/components/trial/versions/1', { properties: { componentSpec } });
    const ended = await run('pipe', {
      properties: {
        jobType: 'Pipeline',
        outputs: { model: { jobOutputType: 'uri_folder', uri: 'azureml://datastores/store/paths/piped/' } },
        jobs: {
          tune: {
            type: 'sweep',
            trial: { componentId: `${WORKSPACE}/components/trial/versions/1` },
            sampling_algorithm: 'grid',
            search_space: { x: { type: 'choice', values: [2, 5] } },
            objective: { goal: 'minimize', primary_metric: 'loss' },
            limits: { max_total_trials: 2, timeout: 600 },
            outputs: { model: { type: 'literal', value: '${{parent.outputs.model}}' } },
          },
        },
      },
    });
    expect(ended['status'], `${await lab.log('pipe')}${await lab.log('pipe_tune')}`).toBe('Completed');
    expect(await lab.read('store', 'piped/x.txt')).toBe('2');
  });

  it.each([
    ['a distribution that is none', { searchSpace: { x: ['gauss', [1, 2]] } }, 'searchSpace.x'],
    ['a grid of what is no choice', { searchSpace: { x: ['uniform', [0, 1]] } }, 'needs choices'],
    [
      'Bayesian sampling of what Azure ML does not sample so',
      { samplingAlgorithm: { samplingAlgorithmType: 'Bayesian' }, searchSpace: { x: ['normal', [0, 1]] } },
      'choice, uniform or quniform',
    ],
    ['a place that is not there', { trial: { command: '${{search_space.y}}', environmentId: '' } }, 'environmentId'],
  ])('is refused with %s', async (_what, more, message) => {
    const answer = await lab.arm('PUT', '/jobs/refused', sweep(more));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body.error?.message).toContain(message);
  });
});
