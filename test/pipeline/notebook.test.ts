/** Notebooks as steps: what they are without outputs, the job that they become, and what may be wrong with them. */
import { describe, expect, test } from 'vitest';

import { checkPipelineFolder } from '#shared/contracts/pipeline-definition.ts';
import { declaredParameters, readNotebook, stripOutputs } from '#shared/domain/pipeline/notebook/notebook.ts';

import { folderOf } from './valid-folder.ts';

const PARAMETERS = ['depth = 3\n', 'name: str = "x"\n', 'if depth == 4: pass'];
const cells = [
  { cell_type: 'markdown', metadata: {}, source: '# Training' },
  {
    cell_type: 'code',
    execution_count: 3,
    metadata: { tags: ['parameters'], scrolled: true },
    outputs: [{ output_type: 'stream', name: 'stdout', text: 'secret rows' }],
    source: PARAMETERS,
  },
];
const book = { nbformat: 4, nbformat_minor: 5, metadata: { kernelspec: { language: 'python' }, widgets: {} }, cells };
const text = (value: unknown) => JSON.stringify(value);
const bytes = (value: unknown) => Buffer.from(text(value));

const STEP = `train:
  notebook: ./nb/train.ipynb
  environment: { image: 'example.org/py:1', conda_file: { dependencies: [python=3.11, nbclient, ipykernel] } }
  compute: azureml:cpu
  parameters: { depth: 5, name: "it's" }
  timeout: 10m
`;
const withNotebook = (step = STEP, notebook: unknown = book, more: Record<string, string> = {}) =>
  folderOf({
    'pipeline.yaml': new TextDecoder()
      .decode(folderOf().get('pipeline.yaml'))
      .replace('train: ./train.job.yml\n', step),
    'nb/train.ipynb': text(notebook),
    'nb/helper.py': 'x = 1\n',
    ...more,
  });

describe('a notebook without its outputs', () => {
  test('has neither outputs, counts nor traces, and the same cells', () => {
    const stripped = readNotebook(stripOutputs(bytes(book)));
    expect(text(stripped)).not.toContain('secret rows');
    expect(stripped?.cells.map(({ source }) => source)).toEqual(['# Training', PARAMETERS.join('')]);
    expect(stripped?.cells[1]).toMatchObject({
      outputs: [],
      execution_count: null,
      metadata: { tags: ['parameters'] },
    });
    expect(stripped?.cells[1]?.metadata).not.toHaveProperty('scrolled');
    expect(stripped?.metadata).not.toHaveProperty('widgets');
  });

  test('is the same, however often it ran and however its cells are written', () => {
    const ranAgain = structuredClone(book);
    Object.assign(ranAgain.cells[1] ?? {}, { execution_count: 9, outputs: [], source: PARAMETERS.join('') });
    expect(stripOutputs(bytes(ranAgain))).toEqual(stripOutputs(bytes(book)));
    expect(stripOutputs(stripOutputs(bytes(book)))).toEqual(stripOutputs(bytes(book)));
  });

  test('that is none is left as it is', () => {
    for (const other of ['{', '[]', '{"nbformat":3,"worksheets":[]}', '\u{0}'])
      expect(stripOutputs(Buffer.from(other))).toEqual(Buffer.from(other));
  });
});

test('the parameters are what the tagged cell assigns', () => {
  const notebook = readNotebook(bytes(book));
  expect(notebook && declaredParameters(notebook)).toEqual(['depth', 'name']);
});

describe('a step that is a notebook', () => {
  test('becomes a command job whose code does not change with outputs', () => {
    const one = checkPipelineFolder(withNotebook());
    expect(one.problems).toBeUndefined();
    expect(one.definition?.train).toMatchObject({
      file: 'nb/train.ipynb',
      job: {
        command:
          "python whence_notebook.py 'train.ipynb' ${{outputs.notebook}} data=${{inputs.data}} model=${{outputs.model}}",
        code: 'nb',
        compute: 'cpu',
        timeout: 'PT10M',
        environmentVariables: { WHENCE_NOTEBOOK_PARAMETERS: '{"depth":5,"name":"it\'s"}' },
        outputs: { model: { jobOutputType: 'uri_folder' }, notebook: { jobOutputType: 'uri_folder' } },
      },
    });
    const folder = one.definition?.folders['nb'];
    expect(folder?.files.map(({ path }) => path)).toEqual(['helper.py', 'train.ipynb', 'whence_notebook.py']);
    for (const file of folder?.files ?? [])
      expect(one.problems === undefined && one.derived.has(file.sha256), file.path).toBe(file.path !== 'helper.py');

    const clean = { ...book, cells: [cells[0], { ...cells[1], outputs: [], execution_count: null }] };
    const other = checkPipelineFolder(withNotebook(STEP, clean));
    expect(other.definition?.folders['nb']?.digestSha256).toBe(folder?.digestSha256);
    const changed = { ...book, cells: [{ ...cells[0], source: '# Else' }, cells[1]] };
    const third = checkPipelineFolder(withNotebook(STEP, changed));
    expect(third.definition?.folders['nb']?.digestSha256).not.toBe(folder?.digestSha256);
  });

  test.each([
    ['a path alone', withNotebook('train: ./nb/train.ipynb\n'), 12, /needs an environment/],
    ['a file that is not there', withNotebook(STEP.replace('nb/train', 'nb/tran')), 13, /no file `nb\/tran\.ipynb`/],
    ['no notebook', withNotebook(STEP, [1]), 13, /no notebook of format 4/],
    [
      'another language',
      withNotebook(STEP, { ...book, metadata: { kernelspec: { language: 'R' } } }),
      13,
      /written in r/,
    ],
    ['a parameter that is bound', withNotebook(STEP.replace('depth: 5', 'data: 5')), 16, /`data` is a path/],
    ['a misspelt parameter', withNotebook(STEP.replace('depth: 5', 'dept: 5')), 16, /assigns no `dept`/],
    ['a name that is none', withNotebook(STEP.replace('depth: 5', '"a b": 5')), 16, /a b/],
    ['an environment without what it needs', withNotebook(STEP.replace(', nbclient', '')), 14, /lacks nbclient/],
    ['an image that changes', withNotebook(STEP.replace('py:1', 'py:latest')), 14, /something else tomorrow/],
    ['a key that nobody knows', withNotebook(STEP.replace('compute:', 'computes:')), 15, /computes/],
    [
      'a file in the place of ours',
      withNotebook(STEP, book, { 'nb/whence_notebook.py': 'print()\n' }),
      13,
      /whence_notebook\.py/,
    ],
  ])('with %s is shown at its place', (_what, files, line, message) => {
    const problems = checkPipelineFolder(files).problems ?? [];
    const found = problems.map((one) => `${one.file}:${one.line} ${one.message}`);
    expect(found.filter((one) => one.startsWith(`pipeline.yaml:${line} `)).join('\n'), found.join('\n')).toMatch(
      message,
    );
  });
});
