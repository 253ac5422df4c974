import { readFile } from 'node:fs/promises';

import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { reference } from '../../scripts/reference.ts';
import { validFiles } from '../pipeline/valid-folder.ts';

const files = reference();

test.each(Object.keys(files))('%s is what the code says (node scripts/reference.ts)', async (path) => {
  expect(await readFile(path, 'utf8')).toBe(files[path]);
});

const isPipeline = new Ajv2020({ strict: false }).compile(
  JSON.parse(files['docs/schemas/pipeline.schema.json'] ?? '') as object,
);

test.each([
  ['birdstrikes', await readFile('pipelines/birdstrikes/pipeline.yaml', 'utf8')],
  ['wine', validFiles['pipeline.yaml'] ?? ''],
])('an editor accepts the pipeline.yaml of %s', (_name, text) => {
  isPipeline(parse(text));
  expect(isPipeline.errors ?? []).toEqual([]);
});

test('an editor underlines an unknown key and a missing one', () => {
  const { train: _train, ...rest } = parse(validFiles['pipeline.yaml'] ?? '') as Record<string, unknown>;
  expect(isPipeline({ ...rest, trane: './train.job.yml' })).toBe(false);
});
