import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import { expect, test } from 'vitest';

import { checkPipelineFolder } from '#shared/contracts/pipeline-definition.ts';
import { formatPath, type Problem } from '#shared/domain/yaml/problem.ts';

import { changed, folderOf } from './valid-folder.ts';

function problemsOf(files: ReadonlyMap<string, Uint8Array>): readonly Problem[] {
  return checkPipelineFolder(files).problems ?? [];
}

test('a folder without mistakes is compiled', () => {
  const { definition, problems } = checkPipelineFolder(folderOf());
  expect(problems).toBeUndefined();
  expect(definition).toMatchObject({
    name: 'wine',
    trigger: { settleMs: 30_000, maxWaitMs: 900_000 },
    register: { model: 'wine' },
    deploy: { smokeTest: 'smoke-test.json' },
  });
});

test('the example pipeline is compiled', async () => {
  const root = 'pipelines/birdstrikes';
  const names = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = await Promise.all(
    names.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(root, path).split(sep).join('/'), new Uint8Array(await readFile(path))] as const;
    }),
  );
  expect(problemsOf(new Map(files))).toEqual([]);
});

test('compiling twice gives the same definition', () => {
  expect(checkPipelineFolder(folderOf())).toEqual(checkPipelineFolder(folderOf()));
});

/** One mistake each: what is changed, and where the finger must point. */
test.each([
  ['a job file that is not there', folderOf({ 'train.job.yml': undefined }), 'pipeline.yaml', 12],
  ['a contract that is not there', folderOf({ 'contract.yaml': undefined }), 'pipeline.yaml', 11],
  ['a smoke test that is not there', folderOf({ 'smoke-test.json': undefined }), 'pipeline.yaml', 22],
  ['a key that nobody knows', changed('pipeline.yaml', 'train: ./', 'trane: ./'), 'pipeline.yaml', 12],
  ['an endless settle', changed('pipeline.yaml', '30s', 'soon'), 'pipeline.yaml', 8],
  ['a name that no asset can have', changed('pipeline.yaml', 'name: wine', 'name: Wine Club'), 'pipeline.yaml', 2],
  ['a key of Azure ML that is later', changed('train.job.yml', 'limits:', 'queue_settings:'), 'train.job.yml', 18],
  ['an environment that is not pinned', changed('evaluate.job.yml', ':3', '@latest'), 'evaluate.job.yml', 4],
  ['an input that the command never gets', changed('train.job.yml', '  lr: 5.0', '  l: 5.0'), 'train.job.yml', 3],
])('%s is shown at its place', (_mistake, files, file, line) => {
  const problems = problemsOf(files);
  const found = problems.map((problem) => `${problem.file}:${problem.line}`);
  expect(found).toContain(`${file}:${line}`);
  for (const problem of problems) {
    expect(problem.message).toMatch(/\.$/);
    expect(problem.fix).not.toBe('');
    expect(problem.column).toBeGreaterThan(0);
  }
});

test('every mistake is told at once, in reading order', () => {
  const problems = problemsOf(
    new Map([
      ...folderOf(),
      ...['train.job.yml', 'evaluate.job.yml'].map((path) => [path, new TextEncoder().encode('code: [')] as const),
    ]),
  );
  expect(new Set(problems.map(({ file }) => file))).toEqual(new Set(['evaluate.job.yml', 'train.job.yml']));
});

test.each([
  ['not YAML', 'name: [wine'],
  ['empty', ''],
  ['a list', '- wine\n'],
  ['two documents', 'name: wine\n---\nname: beer\n'],
  [
    'a bomb of aliases',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((name, at) => `${name}: &${name} [${Array.from({ length: 9 }).fill(`*${'abcdefgh'[at]}`).join(',')}]`)
      .join('\n')}\n`,
  ],
  ['a duplicate key', 'name: wine\nname: beer\n'],
])('pipeline.yaml that is %s is refused, not thrown at', (_what, text) => {
  expect(problemsOf(folderOf({ 'pipeline.yaml': text }))[0]).toMatchObject({ file: 'pipeline.yaml' });
});

test.each([
  [[], ''],
  [['gates', 0, 'metric'], 'gates[0].metric'],
  [['tags', 'a b'], 'tags["a b"]'],
])('a path is written as people do: %j', (path, text) => {
  expect(formatPath(path)).toBe(text);
});
