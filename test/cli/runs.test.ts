/** What a run says to people: its verdicts by their rules, and why it failed. */
import { stripVTControlCharacters } from 'node:util';

import { expect, test } from 'vitest';

import { runPage } from '#cli/output/runs.ts';
import { ruleText } from '#cli/output/verdicts.ts';
import { gate } from '#shared/contracts/gates.ts';
import { runView, type RunView } from '#shared/contracts/api/run-routes.ts';

const AT = '2026-01-01T00:00:00Z';

function page(more: Partial<RunView>): string {
  const run = runView.parse({
    schemaVersion: 1,
    runId: 'a-r-0123456789abcdef0123',
    runKey: '0'.repeat(64),
    pipeline: 'a',
    pipelineVersion: '1'.repeat(64),
    generation: 3,
    manifestNumber: 1,
    manifestDigest: '2'.repeat(64),
    occasion: 'data',
    status: 'failed',
    createdAt: AT,
    updatedAt: AT,
    requests: [],
    steps: [],
    ...more,
  });
  return stripVTControlCharacters(runPage(run));
}

test('a failed job shows the end of its log, where to look, and what to do', () => {
  const details = { job: 'j', lastLines: ['Traceback', 'ValueError: no rows'], studioUrl: 'https://ml.azure.com/j' };
  const text = page({ failure: { code: 'run.job-failed', message: 'Job j failed.', details } });
  expect(text).toContain('because   Job j failed. (run.job-failed)');
  expect(text).toContain('The log ends with\n  Traceback\n  ValueError: no rows');
  expect(text).toContain('studio    https://ml.azure.com/j');
  expect(text).toMatch(/to do {5}Read the last log lines/);
});

test('the log of a deployment is text, and details of another kind are left out', () => {
  const failed = (code: string, details: Record<string, unknown>): string =>
    page({ failure: { code, message: 'It failed.', details } });
  expect(failed('rollout.deployment-failed', { lastLines: 'one\n\ntwo\n' })).toContain('ends with\n  one\n  two\n');
  const odd = failed('unknown.code', { lastLines: 3, studioUrl: {} });
  expect(odd).not.toContain('ends with');
  expect(odd).not.toContain('to do');
});

test('a run shows its verdicts, each with its rule', () => {
  const verdict = {
    gate: gate.parse({ metric: 'auc', above: 0.7 }),
    verdict: 'passed',
    reason: 'met',
    text: 'It is.',
    numbers: {},
  };
  expect(page({ status: 'succeeded', verdicts: [verdict] })).toMatch(
    /VERDICT +RULE\n✔ passed +auc above 0\.7 +It is\./,
  );
});

test.each([
  [{ metric: 'auc', atLeast: 0.7 }, 'auc at least 0.7'],
  [{ metric: 'logLoss', below: 'prior' }, 'logLoss below prior'],
  [{ metric: 'rmse', atMost: 2 }, 'rmse at most 2'],
  [{ metric: 'expectedOverObserved', between: [0.9, 1.12] }, 'expectedOverObserved between 0.9 and 1.12'],
  [{ metric: 'logLoss', betterThanChampionBy: 0 }, 'logLoss better than champion by 0'],
  [{ metric: 'auc', notWorseThanChampion: { p: 0.05 } }, 'auc not worse than champion (p 0.05)'],
  [
    { metric: 'auc', notWorseThanChampion: { p: 0.01 }, slices: ['Speed', 'Size', 'Phase'] },
    'auc not worse than champion (p 0.01, by Speed and 2 more)',
  ],
])('%j is a rule', (given, text) => {
  expect(ruleText(gate.parse(given))).toBe(text);
});
