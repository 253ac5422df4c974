/** Histories of every released version of the orchestrations still replay, and want what they wanted then. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';

import type { Worker } from '#local/worker/worker.ts';
import type { RecordedTurn } from '#test/fixtures/apps/orchestrations/app.ts';

import { loadOrchestrations } from '../orchestrations/stage.ts';
import { stories } from './stories.ts';

const folder = join(import.meta.dirname, '..', 'fixtures', 'histories');
const host = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'host.json'), 'utf8')) as {
  readonly extensions: { readonly durableTask: { readonly defaultVersion: string } };
};
const versions = readdirSync(folder);
let worker: Worker;

beforeAll(async () => {
  worker = await loadOrchestrations();
});

test('the histories of the current version are recorded', () => {
  const { defaultVersion } = host.extensions.durableTask;
  expect(versions).toContain(defaultVersion);
  expect(readdirSync(join(folder, defaultVersion)).toSorted()).toEqual(
    Object.keys(stories)
      .map((name) => `${name}.json`)
      .toSorted(),
  );
});

describe.each(versions)('version %s', (version) => {
  test.each(readdirSync(join(folder, version)))('%s', async (file) => {
    const turns = JSON.parse(readFileSync(join(folder, version, file), 'utf8')) as RecordedTurn[];
    expect(turns.length).toBeGreaterThan(0);
    for (const turn of turns) {
      const trigger = worker.functions.get(turn.orchestration.toLowerCase())?.trigger.name ?? '';
      const { returnValue, error } = await worker.invoke(turn.orchestration, {
        inputData: [{ name: trigger, data: { string: JSON.stringify(turn.input) } }],
      });
      expect(error).toBeUndefined();
      expect(JSON.parse(returnValue?.json ?? 'null')).toEqual(turn.output);
    }
  });
});
