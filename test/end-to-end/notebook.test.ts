/** A pipeline whose training is a notebook, run by Jupyter's own client through the built app and the laptop runtime. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { pythonWith } from '#test/support/python.ts';

import { Laptop } from './laptop.ts';
import { rows } from './tiny-pipeline.ts';

const python = pythonWith('nbclient', 'ipykernel');

const notebook = (more = '') =>
  JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'my-own-kernel', display_name: 'Mine', language: 'python' } },
    cells: [
      {
        id: 'a',
        cell_type: 'code',
        execution_count: 7,
        metadata: { tags: ['parameters'] },
        outputs: [],
        source: 'factor = 1\ndata = model = "."',
      },
      {
        id: 'b',
        cell_type: 'code',
        execution_count: 8,
        metadata: {},
        outputs: [{ output_type: 'stream', name: 'stdout', text: 'of another day' }],
        source: `import glob, json, os\nrows = sum(len(open(f).readlines()) - 1 for f in glob.glob(f'{data}/**/*.csv', recursive=True))\nprint('rows times factor:', rows * factor)\n${more}`,
      },
      {
        id: 'c',
        cell_type: 'code',
        execution_count: 9,
        metadata: {},
        outputs: [],
        source: `os.makedirs(model, exist_ok=True)\njson.dump({'rows': rows, 'files': 1, 'factor': factor}, open(f'{model}/model.json', 'w'))`,
      },
    ],
  });

describe.skipIf(python === undefined)(
  `a notebook${python !== undefined ? '' : ' (no python3 has nbclient and ipykernel: 2 tests are not run)'}`,
  { timeout: 300_000 },
  () => {
    let laptop: Laptop;
    beforeAll(async () => {
      laptop = await Laptop.start({}, { python3: python ?? '' });
    }, 120_000);
    afterAll(() => laptop[Symbol.asyncDispose]());

    test('trains with its parameters, and its executed copy is kept', async () => {
      await laptop.publish({ name: 'book', notebook: notebook() });
      await laptop.drop('book/a.csv', rows(1));
      const [run] = await laptop.endedRuns('book', 1);
      expect(run, JSON.stringify(run?.failure)).toMatchObject({ status: 'succeeded' });
      const job = run?.steps.find(({ name }) => name === 'train')?.job ?? '';
      const executed = await laptop.output(run?.runId ?? '', job, 'notebook/train.ipynb');
      expect(executed).toContain('rows times factor: 30');
      expect(executed).toContain('injected-parameters');
      expect(executed).not.toContain('of another day');
    });

    test('that fails says in which cell, and its copy is kept too', async () => {
      await laptop.publish({ name: 'torn', notebook: notebook('raise ValueError("the loss is not a number")') });
      await laptop.drop('torn/a.csv', rows(1));
      const [run] = await laptop.endedRuns('torn', 1);
      expect(run).toMatchObject({ status: 'failed', failure: { code: 'run.job-failed' } });
      expect(JSON.stringify(run?.failure?.details)).toContain('the loss is not a number');
      const job = run?.steps.find(({ name }) => name === 'train')?.job ?? '';
      expect(await laptop.output(run?.runId ?? '', job, 'notebook/train.ipynb')).toContain('ValueError');
    });
  },
);
