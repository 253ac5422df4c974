/** `whence doctor`, asked of the laptop runtime: the app looks at itself, and what is broken is told with its fix. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Diagnosis } from '#shared/contracts/api/diagnosis.ts';
import { Laptop } from '#test/end-to-end/laptop.ts';

import { whence } from './whence.ts';

let laptop: Laptop;
beforeAll(async () => {
  laptop = await Laptop.start();
}, 120_000);
afterAll(() => laptop[Symbol.asyncDispose]());

function doctor(...flags: readonly string[]): ReturnType<typeof whence> {
  return whence(['doctor', ...flags], { WHENCE_STATE: laptop.stateFolder });
}

test('everything on a laptop is as it should be', { timeout: 60_000 }, async () => {
  const said = await doctor('--json');
  expect(said.stderr).toBe('');
  const diagnosis = JSON.parse(said.stdout) as Diagnosis;
  expect(diagnosis.checks.filter(({ status }) => status !== 'ok')).toEqual([]);
  expect(new Set(diagnosis.checks.map(({ area }) => area))).toEqual(
    new Set(['identity', 'network', 'storage', 'queues', 'orchestration', 'azure-ml', 'quota']),
  );
  expect(said.code).toBe(0);
});

test('what fails is told with its fix, and the exit code is 1', { timeout: 60_000 }, async () => {
  await laptop.landing.delete();
  const said = await doctor();
  expect(said.code).toBe(1);
  expect(said.stdout).toMatch(/failed +storage +lists the container landing/);
  expect(said.stdout).toMatch(/Give the app's identity the role Storage Blob Data Reader on the container landing/);
  expect(said.stdout).toMatch(/1 failed, 0 to look at on local/);
});
