/** Command jobs as real processes: what goes in, what comes out, and how they end. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LaptopLab, SOON, WORKSPACE } from './laptop-lab.ts';

let lab: LaptopLab;

beforeAll(async () => {
  lab = await LaptopLab.open({ parallelJobs: 2 });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  expect(lab.problems).toEqual([]);
});

/** Submits a job and waits for its end. */
async function run(name: string, command: string, more: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  const answer = await lab.arm('PUT', `/jobs/${name}`, await lab.job(command, more));
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 201 });
  await expect.poll(() => lab.status(name), SOON).toMatch(/^(Completed|Failed|Canceled)$/);
  return lab.status(name);
}

describe('a job that succeeds', () => {
  it('reads inputs of every kind and leaves its outputs where they were asked for', async () => {
    await lab.upload('store', {
      'rows/a.csv': '1\n',
      'rows/deep/b.csv': '2\n',
      'rows-too/c.csv': '3\n',
      'one.txt': 'one',
    });
    await lab.put('/data/rows/versions/7', {
      properties: { dataType: 'uri_folder', dataUri: 'azureml://datastores/store/paths/rows/' },
    });
    const codeId = await lab.code('copy', {
      'main.mjs': `import { cpSync, readFileSync, writeFileSync } from 'node:fs';
        const [rows, one, word, out] = process.argv.slice(2);
        cpSync(rows, out + '/rows', { recursive: true });
        writeFileSync(out + '/told.json', JSON.stringify({ one: readFileSync(one, 'utf8'), word, run: process.env.AZUREML_RUN_ID }));`,
    });
    const status = await run(
      'copy',
      'node main.mjs ${{inputs.rows}} ${{inputs.one}} ${{inputs.word}} ${{outputs.out}}',
      {
        codeId,
        inputs: {
          rows: { jobInputType: 'uri_folder', uri: 'azureml:rows:7', mode: 'ReadOnlyMount' },
          one: { jobInputType: 'uri_file', uri: `${lab.storage.url}/store/one.txt` },
          word: { jobInputType: 'literal', value: '0.5' },
        },
        outputs: { out: { jobOutputType: 'uri_folder', uri: 'azureml://datastores/store/paths/results/copy/' } },
      },
    );
    expect(status, await lab.log('copy')).toBe('Completed');
    expect(await lab.read('store', 'results/copy/rows/a.csv')).toBe('1\n');
    expect(await lab.read('store', 'results/copy/rows/deep/b.csv')).toBe('2\n');
    expect(JSON.parse(await lab.read('store', 'results/copy/told.json'))).toEqual({
      one: 'one',
      word: '0.5',
      run: 'copy',
    });
    expect(await lab.exists('store', 'results/copy/rows/c.csv')).toBe(false);
  });

  it('hands its output to the next job, by job, model version and default place', async () => {
    expect(
      await run('train', 'echo weights > ${{outputs.model}}/model.txt', {
        outputs: { model: { jobOutputType: 'custom_model' } },
      }),
    ).toBe('Completed');
    await lab.put('/models/m/versions/1', {
      properties: { modelUri: 'azureml://jobs/train/outputs/model', modelType: 'custom_model' },
    });
    const inputs = {
      byJob: { jobInputType: 'uri_folder', uri: 'azureml://jobs/train/outputs/model' },
      byModel: { jobInputType: 'custom_model', uri: `${WORKSPACE}/models/m/versions/1` },
      byFile: { jobInputType: 'uri_file', uri: 'azureml://jobs/train/outputs/model/paths/model.txt' },
    };
    expect(
      await run('use', 'cat ${{inputs.byJob}}/model.txt ${{inputs.byModel}}/model.txt ${{inputs.byFile}}', { inputs }),
    ).toBe('Completed');
    expect(await lab.log('use')).toBe('weights\nweights\nweights\n');
  });

  it('has nothing of the environment of the app, above all not its identity', async () => {
    expect(process.env['IDENTITY_HEADER']).toBe(lab.identity.identityHeader);
    await run('bare', 'env; pwd; echo "$HOME"', { environmentVariables: { COLOUR: 'blue' } });
    const log = await lab.log('bare');
    const names = log.split('\n').flatMap((line) => /^([A-Z_]+)=/.exec(line)?.[1] ?? []);
    const ours = [
      'AZUREML_EXPERIMENT_NAME',
      'AZUREML_RUN_ID',
      'COLOUR',
      'HOME',
      'LANG',
      'MLFLOW_EXPERIMENT_ID',
      'MLFLOW_EXPERIMENT_NAME',
      'MLFLOW_RUN_ID',
      'MLFLOW_TRACKING_TOKEN',
      'MLFLOW_TRACKING_URI',
      'PATH',
      'TMPDIR',
    ];
    expect(names.filter((name) => !['PWD', 'SHLVL', 'OLDPWD', '_'].includes(name)).toSorted()).toEqual(ours);
    expect(log).not.toContain(lab.identity.identityHeader);
    expect(log).toContain(join(lab.folder, 'azure-ml', 'jobs', 'bare', 'code'));
  });

  it('keeps only its log on disk', async () => {
    await run('tidy', 'echo done');
    expect(readdirSync(join(lab.folder, 'azure-ml', 'jobs', 'tidy')).toSorted()).toEqual([
      'exit-code',
      'process.json',
      'std_log.txt',
    ]);
  });
});

describe('a job that does not succeed', () => {
  it('fails with its exit code and keeps its last lines', async () => {
    expect(await run('bad', 'echo almost; echo "no such column" >&2; exit 3')).toBe('Failed');
    expect(await lab.log('bad')).toBe('almost\nno such column\n');
  });

  it('is ended at its time limit, with everything that it started', async () => {
    const status = await run('slow', 'sleep 47.11 & echo started; sleep 47.11', {
      limits: { jobLimitsType: 'Command', timeout: 'PT1S' },
    });
    expect(status).toBe('Failed');
    expect(await lab.log('slow')).toBe('started\nThe job was ended: it ran longer than its limit of PT1S.\n');
    expect(commandLines()).not.toContain('sleep\u000047.11');
  });

  it('is canceled with everything that it started', async () => {
    await lab.put('/jobs/stop', await lab.job('sleep 48.11 & echo going; sleep 48.11'));
    await expect.poll(() => lab.status('stop'), SOON).toBe('Running');
    await expect.poll(() => commandLines(), SOON).toContain('sleep\u000048.11');
    const answer = await lab.arm('POST', '/jobs/stop/cancel');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([202, '1']);
    const location = answer.headers.get('location') ?? '';
    await expect.poll(async () => (await lab.arm('GET', location)).status, SOON).toBe(204);
    expect(await lab.status('stop')).toBe('Canceled');
    expect(commandLines()).not.toContain('sleep\u000048.11');
  });

  it('is killed where it does not listen', async () => {
    const status = await run('deaf', 'trap "" TERM; echo deaf; sleep 49.11; sleep 49.11', {
      limits: { jobLimitsType: 'Command', timeout: 'PT1S' },
    });
    expect(status).toBe('Failed');
    expect(commandLines()).not.toContain('sleep\u000049.11');
  });

  it('fails where something else kills its process', async () => {
    expect(await run('shot', 'kill -KILL $PPID; sleep 60')).toBe('Failed');
    expect(await lab.log('shot')).toBe('The process of the job was killed by something else.\n');
  });

  it('is canceled while it waits for its turn, and never starts', async () => {
    for (const name of ['busy-1', 'busy-2', 'waits'])
      await lab.put(`/jobs/${name}`, await lab.job('echo ran; sleep 60'));
    await expect.poll(() => lab.status('busy-2'), SOON).toBe('Running');
    expect(await lab.status('waits')).toBe('NotStarted');
    for (const name of ['waits', 'busy-1', 'busy-2']) await lab.arm('POST', `/jobs/${name}/cancel`);
    await expect.poll(() => lab.status('busy-2'), SOON).toBe('Canceled');
    expect(await lab.status('waits')).toBe('Canceled');
    expect(await lab.exists('azureml', 'ExperimentRun/dcid.waits/user_logs/std_log.txt')).toBe(false);
  });

  it('fails where an input has vanished since the submission', async () => {
    const inputs = { gone: { jobInputType: 'uri_folder', uri: 'azureml://datastores/store/paths/nothing/' } };
    expect(await run('gone', 'ls ${{inputs.gone}}', { inputs })).toBe('Failed');
    expect(await lab.log('gone')).toMatch(/could not run: Nothing is at store\/nothing/);
    expect(lab.problems.splice(0)).toEqual([expect.stringContaining('job gone')]);
  });
});

describe('events', () => {
  it('tell of completed and of failed jobs, once, after the log is there; of canceled ones nothing', async () => {
    lab.events.length = 0;
    await run('told', 'echo yes', { experimentName: 'strikes' });
    await run('told-bad', 'exit 1', { experimentName: 'strikes' });
    await lab.put('/jobs/untold', await lab.job('sleep 60'));
    await lab.arm('POST', '/jobs/untold/cancel');
    await expect.poll(() => lab.status('untold'), SOON).toBe('Canceled');
    await expect.poll(() => lab.events.length, SOON).toBe(2);
    const common = { specversion: '1.0', source: WORKSPACE };
    expect(lab.events).toEqual([
      expect.objectContaining({
        ...common,
        type: 'Microsoft.MachineLearningServices.RunCompleted',
        data: expect.objectContaining({ runId: 'told', experimentName: 'strikes' }),
      }),
      expect.objectContaining({
        ...common,
        type: 'Microsoft.MachineLearningServices.RunStatusChanged',
        data: expect.objectContaining({ runId: 'told-bad', runStatus: 'failed' }),
      }),
    ]);
  });
});

describe('an event that nobody takes', () => {
  it('is sent again, and after a restart once more', async () => {
    let attempts = 0;
    let isDown = true;
    const taken: unknown[] = [];
    await using other = await LaptopLab.open({
      sendEvent: async (event) => {
        attempts += 1;
        if (isDown) throw new Error('the queue is down');
        taken.push(event['type']);
      },
    });
    await other.put('/jobs/heard', await other.job('true'));
    await expect.poll(() => attempts, SOON).toBeGreaterThanOrEqual(2);
    expect(await other.status('heard'), 'the job has ended all the same').toBe('Completed');
    await other.stop();
    isDown = false;
    await other.start();
    await expect.poll(() => taken, SOON).toEqual(['Microsoft.MachineLearningServices.RunCompleted']);
    await other.stop();
    await other.start();
    expect(taken).toHaveLength(1);
    expect(other.problems).toEqual([expect.stringContaining('event of job heard')]);
  });
});

describe('submission', () => {
  it('takes a repetition, lets words and tags change, and refuses another job under the name', async () => {
    const body = await lab.job('sleep 0.1', { tags: { a: '1' }, displayName: 'first' });
    expect((await lab.arm('PUT', '/jobs/same', body)).status).toBe(201);
    expect((await lab.arm('PUT', '/jobs/same', body)).status).toBe(200);
    const renamed = await lab.arm(
      'PUT',
      '/jobs/same',
      await lab.job('sleep 0.1', { tags: { a: '2' }, displayName: 'second' }),
    );
    expect(renamed).toMatchObject({ status: 200, body: { properties: { tags: { a: '2' }, displayName: 'second' } } });
    const other = await lab.arm('PUT', '/jobs/same', await lab.job('sleep 0.2'));
    expect(other).toMatchObject({
      status: 400,
      body: { error: { code: 'UserError', message: expect.stringContaining('already exists') } },
    });
    await expect.poll(() => lab.status('same'), SOON).toBe('Completed');
  });

  it.each<[string, Record<string, unknown>, number, RegExp]>([
    ['another type', { jobType: 'AutoML' }, 501, /type AutoML/],
    ['a place without an input', { command: 'echo ${{inputs.nobody}}' }, 400, /\$\{\{inputs\.nobody\}\}/],
    ['a place of another kind', { command: 'echo ${{parent.inputs.x}}' }, 400, /parent\.inputs\.x/],
    ['several instances', { resources: { instanceCount: 2 } }, 501, /2 instances/],
    ['a GPU', { resources: { instanceType: 'Standard_NC6s_v3' } }, 501, /GPU/],
    ['an unknown environment', { environmentId: 'azureml:python:1' }, 400, /environment version "azureml:python:1"/],
    ['code that is not there', { codeId: 'azureml:nothing:1' }, 400, /code version/],
    [
      'data that is not there',
      { inputs: { x: { jobInputType: 'uri_folder', uri: 'azureml:nothing:1' } } },
      400,
      /data asset "nothing"/,
    ],
    [
      'a datastore that is not there',
      { outputs: { x: { jobOutputType: 'uri_folder', uri: 'azureml://datastores/moon/paths/x' } } },
      400,
      /datastore "moon"/,
    ],
    [
      'another storage account',
      { inputs: { x: { jobInputType: 'uri_file', uri: 'https://other.blob.core.windows.net/c/x' } } },
      501,
      /other\.blob/,
    ],
    [
      'an input of another type',
      { inputs: { x: { jobInputType: 'table', uri: 'azureml:x:1' } } },
      400,
      /literal, uri_folder, uri_file, mltable/,
    ],
    ['a limit in other words', { limits: { jobLimitsType: 'Command', timeout: '10 minutes' } }, 400, /ISO 8601/],
    ['an identity', { identity: { identityType: 'Managed', clientId: 'x' } }, 400, /no identity/],
    ['a key that nobody honours', { autologgerSettings: {} }, 501, /properties\.autologgerSettings/],
  ])('refuses %s, and says what', async (_, more, status, message) => {
    const answer = await lab.arm('PUT', '/jobs/refused', await lab.job('true', more));
    expect(answer.body.error?.message).toMatch(message);
    expect(answer.status).toBe(status);
    expect((await lab.arm('GET', '/jobs/refused')).status).toBe(404);
  });

  it('refuses a name that is none', async () => {
    const answer = await lab.arm('PUT', '/jobs/-x', await lab.job('true'));
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'UserError' } } });
  });
});

/** Command lines of every process, arguments divided by NUL. */
function commandLines(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readCommandLine(pid))
    .join('\n');
}

function readCommandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
