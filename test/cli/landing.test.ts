/** `data land` refuses what the pipeline would not take; `pipeline show` and `publish` name commits and files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { commitAll } from '../end-to-end/tiny-pipeline.ts';
import { FakeApi, fakePipeline, fakeVersion } from './fake-api.ts';
import { whence } from './whence.ts';

let api: FakeApi;
let folder: string;

beforeAll(async () => {
  api = await FakeApi.start((asked) => {
    if (asked.endsWith('/missing-files')) return { body: { missing: [] } };
    if (asked.includes('/invoke')) return { body: { status: 424, output: { error: 'no' } } };
    if (asked.endsWith('/versions')) {
      const told = {
        type: 'x',
        title: 't',
        status: 422,
        detail: 'This one is unverified.',
        instance: '/',
        remedy: 'Do.',
      };
      return { status: 422, body: { ...told, code: 'pipeline.not-accepted', details: {} } };
    }
    return { body: { ...fakePipeline(), versions: [fakeVersion('3', 'verified'), fakeVersion('1', 'claimed')] } };
  });
  folder = mkdtempSync(join(tmpdir(), 'whence-landing-'));
  for (const name of ['one.csv', 'two.json', '.hidden.csv']) writeFileSync(join(folder, name), '1\n');
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'sub', 'one.csv'), '2\n');
});
afterAll(() => {
  api.stop();
  rmSync(folder, { recursive: true });
});

test.each([
  [['two.json'], 'two.json would land as a/two.json, and the pipeline takes a/**/*.csv only.'],
  [['.hidden.csv'], '.hidden.csv would land as a/.hidden.csv'],
  [['nowhere.csv'], 'nowhere.csv is not there.'],
  [['sub'], 'sub is no file.'],
  [['one.csv', 'sub/one.csv'], 'one.csv and sub/one.csv would both land as a/one.csv.'],
  [['one.csv'], '--container-name landing --name a/one.csv --file one.csv'],
] as const)('%j is refused', async (files, message) => {
  const { code, stdout, stderr } = await whence(['data', 'land', 'a', ...files], api.environment, folder);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain(message);
});

test('a pipeline is shown with the commits of its versions, and which is active', async () => {
  const { code, stdout } = await whence(['pipeline', 'show', 'a'], api.environment);
  expect(code).toBe(0);
  expect(stdout).toContain('waits for landing/a/**/*.csv');
  expect(stdout).toMatch(/\n {3}333333333333 +33333333 +verified .*\n▸ {2}111111111111 +11111111 +claimed .*somebody/);
});

test('an answer that is no prediction ends with 1', async () => {
  writeFileSync(join(folder, 'request.json'), '{}');
  const said = await whence(['endpoint', 'invoke', 'a-local', join(folder, 'request.json')], api.environment);
  expect([said.code, said.stdout]).toEqual([1, expect.stringContaining('424 from a-local')]);
});

test('publish shows mistakes as check does, and names what is not committed', async () => {
  const target = join(folder, 'my-a');
  await whence(['pipeline', 'init', target]);
  await commitAll(target);
  writeFileSync(join(target, 'new file.txt'), '');
  const refused = await whence(['pipeline', 'publish', target], api.environment);
  expect(refused.stderr).toContain('This one is unverified. Not committed: new file.txt.');
  writeFileSync(join(target, 'pipeline.yaml'), 'name: a\n');
  const mistaken = await whence(['pipeline', 'publish', target], api.environment);
  expect(mistaken.code).toBe(1);
  expect(mistaken.stderr).toMatch(/pipeline\.yaml:1:1 .*\n/);
  expect(mistaken.stderr).toMatch(/The pipeline has \d+ mistakes, so nothing was published\./);
  const json = await whence(['pipeline', 'publish', target, '--json'], api.environment);
  expect(JSON.parse(json.stderr)).toMatchObject({
    error: {
      code: 'pipeline.invalid',
      exitCode: 1,
      details: { problems: expect.arrayContaining([expect.objectContaining({ file: 'pipeline.yaml', line: 1 })]) },
    },
  });
});
