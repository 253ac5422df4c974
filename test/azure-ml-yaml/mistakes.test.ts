/** Mistakes in Azure ML YAML: each told at its place, with what to do, and all of them at once. */
import { expect, test } from 'vitest';

import { renderFile, type RenderedFile } from '#shared/domain/azure-ml/render/render-file.ts';

function render(text: string, others: Readonly<Record<string, string>> = {}): RenderedFile {
  const files: Readonly<Record<string, string>> = { ...others, 'folder/file.yml': text };
  const read = (path: string): Uint8Array | undefined =>
    files[path] === undefined ? undefined : new TextEncoder().encode(files[path]);
  return renderFile('folder/file.yml', { read, root: '/root', location: 'westus' });
}

const pipeline = `type: pipeline
inputs: { rate: 0.1 }
jobs:
  prepare:
    command: prepare --to \${{outputs.data}}
    environment: azureml:env:1
    outputs: { data: }
  train:
    type: command
    component: ./train.yml
    inputs:
      data: \${{parent.jobs.prepare.outputs.data}}
      rate: \${{parent.inputs.rate}}
`;
const train = `type: command
inputs:
  data: { type: uri_folder }
  rate: { type: number }
  rounds: { type: integer, default: 3 }
command: train \${{inputs.data}} \${{inputs.rate}} \${{inputs.rounds}}
environment: azureml:env:1
`;

test('the pipeline that the mistakes are made in has none', () => {
  expect(render(pipeline, { 'folder/train.yml': train })).toMatchObject({ kind: 'pipelineJob', problems: [] });
});

test.each([
  ['a step that is not there', 'jobs.prepare.outputs.data}}', 'jobs.prepar.outputs.data}}', 12, 'prepare.outputs.data'],
  ['an output that is not there', 'prepare.outputs.data}}', 'prepare.outputs.date}}', 12, 'outputs.data}}'],
  ['an input of the pipeline that is not there', 'inputs.rate}}', 'inputs.rat}}', 13, 'inputs.rate}}'],
  ['a binding without `parent`', '{parent.inputs.rate', '{inputs.rate', 13, 'parent.inputs.rate'],
  ['an input that the component lacks', '      rate: $', '      ratte: $', 13, '`rate`'],
  ['an input that the component needs', /      rate: .*\n/, '', 11, 'rate:'],
  ['a step that waits for itself', 'jobs.prepare.outputs.data', 'jobs.train.outputs.x', 8, 'bindings'],
  ['a component file that is not there', './train.yml', './trian.yml', 10, 'Add the file'],
  ['a component outside of the root', './train.yml', '../../train.yml', 10, 'Copy the file'],
  [
    'an output of the command that is not there',
    'outputs.data}}\n    env',
    'outputs.dat}}\n    env',
    5,
    'outputs.data}}',
  ],
  ['a misspelt key', 'command: prepare', 'comand: prepare', 5, '`command`'],
  ['a wrong type', '{ rate: 0.1 }', '[0.1]', 2, 'a map'],
  ['a name that no step can have', '  prepare:', '  Prepare-1:', 4, 'another name'],
  ['a kind of step that is out of scope', 'type: command', 'type: automl', 9, 'as a command'],
  ['a kind of step that is misspelt', 'type: command', 'type: comand', 9, '`command`'],
  ['a duplicate key', '  train:', '  prepare:', 8, 'Remove one'],
  ['a tab', '    type: command', '\ttype: command', 9, 'spaces'],
  ['several documents', 'type: pipeline\n', 'type: pipeline\n---\n', 3, 'file'],
  ['a key of a later release', 'type: pipeline\n', 'type: pipeline\nidentity: { type: managed }\n', 2, 'Remove'],
])('%s', (_what, from, to, line, fix) => {
  const { problems } = render(pipeline.replace(from, to), { 'folder/train.yml': train });
  const there = problems.filter((problem) => problem.line === line && problem.file === 'folder/file.yml');
  expect(problems, JSON.stringify(problems, null, 1)).not.toEqual([]);
  expect(there.map((problem) => problem.fix).join('\n')).toContain(fix);
});

test('all mistakes of a file and of the files it names are told at once', () => {
  const { problems } = render(
    pipeline.replace('inputs.rate}}', 'inputs.r}}').replace('command: prepare', 'comand: prepare'),
    { 'folder/train.yml': train.replace('integer', 'int').replace('inputs.data}}', 'inputs.x}}') },
  );
  expect(problems.map(({ file, line }) => `${file}:${line}`)).toEqual([
    'folder/file.yml:5',
    'folder/file.yml:13',
    'folder/train.yml:5',
  ]);
});

test.each([
  ['autoMLJob', 'AutoML jobs'],
  ['sparkJob', 'Spark jobs'],
  ['parallelJob', 'Parallel jobs'],
  ['batchEndpoint', 'Batch endpoints'],
  ['batchDeployment', 'Batch deployments'],
])('%s is refused by name', (kind, name) => {
  const { problems } = render(`$schema: https://azuremlschemas.azureedge.net/latest/${kind}.schema.json\n`);
  expect(problems).toMatchObject([{ code: 'comes-later', line: 1, message: expect.stringContaining(name) }]);
});

test('a kind that is misspelt, and a file that does not say its kind', () => {
  expect(render('$schema: https://x/latest/comandJob.schema.json\n').problems).toMatchObject([
    { code: 'wrong-value', fix: expect.stringContaining('commandJob') },
  ]);
  expect(render('hello: 1\n').problems).toMatchObject([{ code: 'missing-key', line: 1 }]);
});

test('a placeholder is a mistake, and the payload is shown all the same; the newest version is a note', () => {
  const rendered = render('type: command\ncommand: x\ncompute: azureml:<MY_CLUSTER>\nenvironment: azureml:e@latest\n');
  expect(rendered.payload).toBeDefined();
  expect(rendered.problems).toMatchObject([{ code: 'placeholder-left', line: 3 }]);
  expect(rendered.notes).toMatchObject([{ code: 'not-reproducible', line: 4 }]);
});

test('a pipeline component that has itself as a step is told', () => {
  const own = `type: pipeline
jobs:
  again:
    type: pipeline
    component: ./own.yml
`;
  const { problems } = render(own.replace('./own.yml', 'file:./own.yml'), { 'folder/own.yml': own });
  expect(problems).toMatchObject([{ code: 'contradiction', file: 'folder/own.yml' }]);
});

test('anchors and merges are resolved, and mistakes in them are shown where they are written', () => {
  const text = `type: pipeline
jobs:
  a: &step
    command: x
    environment: azureml:e:1
    outputs: { o: }
  b:
    <<: *step
    comput: y
`;
  const { problems } = render(text);
  expect(problems).toMatchObject([{ code: 'unknown-key', line: 9, fix: expect.stringContaining('compute') }]);
  expect(render(text.replace('comput:', 'compute:')).payload).toMatchObject({
    properties: { jobs: { b: { computeId: 'y', componentId: { $anonymousComponent: {} } } } },
  });
});
