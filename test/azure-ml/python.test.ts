/** Jobs and deployments in Python: the interpreter that is found, what it lacks, and scoring scripts with init and run. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';

import { PythonFinder, requirements } from '#local/azure-ml/python.ts';

import { LaptopLab, SOON, WORKSPACE } from './laptop-lab.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;

test('what a conda file asks for is read, exact versions and all', () => {
  const file = `name: e
channels: [conda-forge]
dependencies:
  - python=3.11
  - conda-forge::scikit-learn=1.2.1
  - pip
  - numpy>=1.20
  - pip: ['mlflow==2.3', 'azureml-dataset-runtime[pandas,fuse]', Py_YAML]
`;
  expect(requirements(file)).toEqual([
    { name: 'python', exact: '3.11' },
    { name: 'scikit-learn', exact: '1.2.1' },
    { name: 'numpy' },
    { name: 'mlflow', exact: '2.3' },
    { name: 'azureml-dataset-runtime' },
    { name: 'py-yaml' },
  ]);
});

test('a Python that is not there is told, with what to do', () => {
  const folder = mkdtempSync(join(tmpdir(), 'whence-python-'));
  expect(() => new PythonFinder(folder, 'no-such-python').environment(undefined)).toThrow(
    /not on PATH.*local\.settings\.json/s,
  );
  rmSync(folder, { recursive: true });
});

describe.skipIf(!hasPython)(`in Python${hasPython ? '' : ' (python3 is not on PATH: 5 tests are not run)'}`, () => {
  let lab: LaptopLab;
  let environmentId: string;

  beforeAll(async () => {
    lab = await LaptopLab.open();
    await lab.put('/environments/py/versions/1', {
      properties: { image: 'python', condaFile: 'dependencies: [python=3, pip]\n' },
    });
    environmentId = `${WORKSPACE}/environments/py/versions/1`;
  });
  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
    expect(lab.problems.filter((problem) => !problem.includes('scoring server'))).toEqual([]);
  });

  it('a job runs `python` as in Azure ML’s images', async () => {
    const codeId = await lab.code('hello', { 'hello.py': 'import sys, json\nprint(json.dumps(sys.argv[1:]))\n' });
    await lab.put('/jobs/hello', {
      properties: {
        jobType: 'Command',
        command: 'python hello.py --a ${{inputs.a}}',
        environmentId,
        codeId,
        inputs: { a: { jobInputType: 'literal', value: '0.5' } },
      },
    });
    await expect.poll(() => lab.status('hello'), SOON).toBe('Completed');
    expect(await lab.log('hello')).toContain('["--a", "0.5"]');
  });

  it('an environment that the machine does not have is refused at submission, with all that is missing', async () => {
    await lab.put('/environments/heavy/versions/1', {
      properties: {
        image: 'python',
        condaFile: 'dependencies: [python=2.7, {pip: [no-such-package, other-thing==9.9]}]\n',
      },
    });
    const answer = await lab.arm('PUT', '/jobs/heavy', {
      properties: { jobType: 'Command', command: 'true', environmentId: `${WORKSPACE}/environments/heavy/versions/1` },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.error?.message).toMatch(
      /lacks python 2\.7 \(it has 3\.\d+\.\d+\), no-such-package, other-thing 9\.9\. Install/,
    );
  });

  it('an environment of a registry is found where the settings name it, and refused elsewhere', async () => {
    const job = (name: string) => ({
      properties: {
        jobType: 'Command',
        command: 'true',
        environmentId: `azureml://registries/azureml/environments/${name}/labels/latest`,
      },
    });
    expect((await lab.arm('PUT', '/jobs/registry', job('node'))).status).toBe(201);
    const refused = await lab.arm('PUT', '/jobs/refused', job('sklearn-1.5'));
    expect(refused.body.error?.message).toMatch(/"sklearn-1\.5".*"Environments" in local\.settings\.json/);
  });

  it('a deployment serves a script with init and run, and tells what fails in it', async () => {
    const codeId = await lab.code('score', {
      'onlinescoring/score.py': `import json, os
def init():
    global model
    model = open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.txt")).read()
    print("model is", model)
def run(raw):
    data = json.loads(raw)
    return {"model": model, "sum": sum(data["values"])}
`,
    });
    await lab.upload('store', { 'models/py/model.txt': 'seven' });
    await lab.put('/models/py/versions/1', {
      properties: { modelType: 'custom_model', modelUri: 'azureml://datastores/store/paths/models/py' },
    });
    await lab.put('/onlineEndpoints/python', { properties: { authMode: 'Key' } });
    await lab.put('/onlineEndpoints/python/deployments/blue', {
      properties: {
        model: 'azureml:py:1',
        environmentId,
        codeConfiguration: { codeId, scoringScript: 'onlinescoring/score.py' },
      },
    });
    await expect
      .poll(
        async () =>
          (
            (await lab.arm('GET', '/onlineEndpoints/python/deployments/blue')).body['properties'] as {
              provisioningState: string;
            }
          ).provisioningState,
        SOON,
      )
      .toBe('Succeeded');
    const { primaryKey } = (await lab.arm('POST', '/onlineEndpoints/python/listKeys')).body as { primaryKey?: string };
    const { scoringUri } = (await lab.arm('GET', '/onlineEndpoints/python')).body['properties'] as {
      scoringUri: string;
    };
    const ask = (body: string) =>
      fetch(scoringUri, {
        method: 'POST',
        headers: { authorization: `Bearer ${primaryKey}`, 'azureml-model-deployment': 'blue' },
        body,
      });
    expect(await (await ask('{"values":[1,2,3]}')).json()).toEqual({ model: 'seven', sum: 6 });
    const failed = await ask('{}');
    expect(failed.status).toBe(424);
    expect(failed.headers.get('ms-azureml-model-error-statuscode')).toBe('500');
    expect(await failed.text()).toContain('KeyError');
    const logs = await lab.arm('POST', '/onlineEndpoints/python/deployments/blue/getLogs', { tail: 100 });
    expect(logs.body['content']).toMatch(/model is seven[\s\S]*KeyError/);
  });

  it('a script without init does not come to serve, and its log says why', async () => {
    const codeId = await lab.code('bad', { 'score.py': 'def run(raw): return raw\n' });
    await lab.put('/onlineEndpoints/bad', { properties: { authMode: 'Key' } });
    await lab.put('/onlineEndpoints/bad/deployments/blue', {
      properties: { model: 'azureml:py:1', environmentId, codeConfiguration: { codeId, scoringScript: 'score.py' } },
    });
    await expect
      .poll(
        async () =>
          (
            (await lab.arm('GET', '/onlineEndpoints/bad/deployments/blue')).body['properties'] as {
              provisioningState: string;
            }
          ).provisioningState,
        SOON,
      )
      .toBe('Failed');
    const logs = await lab.arm('POST', '/onlineEndpoints/bad/deployments/blue/getLogs', { tail: 100 });
    expect(logs.body['content']).toContain('has no function init()');
  });
});
