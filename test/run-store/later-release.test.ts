/** Rows that a later release wrote: this one reads them, changes them, and keeps what it does not know. */
import { expect, test } from 'vitest';

import { appendRunEvent, createRun, findRun } from '#functions/run-store/run-store.ts';
import { runHeadRow, runTable, type RunHead } from '#shared/contracts/records/run.ts';
import { pipelineVersion } from '#shared/contracts/records/pipeline-version.ts';
import { stepNames } from '#shared/domain/run/statuses.ts';
import { demoRun } from '#test/support/demo-run.ts';
import { MemoryRecordStore } from '#test/support/memory-record-store.ts';

const { runId } = demoRun;
const at = '2026-01-01T00:00:00.000Z';
const head: RunHead = {
  schemaVersion: 1,
  ...demoRun,
  status: 'running',
  createdAt: at,
  updatedAt: at,
  requests: [],
  steps: stepNames.map((name) => ({ name, status: 'pending', attempt: 0 })),
  eventKeys: {},
};

test('a run of a later release goes on, and keeps what that release wrote', async () => {
  const deps = { records: new MemoryRecordStore(), clock: { nowMs: () => Date.parse(at) } };
  await createRun(deps, head, { key: 'run.started', type: 'run.started', summary: 'Run.', data: {} });
  const key = { partition: runId, row: runHeadRow };
  const stored = await deps.records.get(runTable, key);
  const later = {
    ...stored?.value,
    approvals: [{ by: 'ada' }],
    steps: head.steps.map((step) => ({ ...step, carbonGrams: 7 })),
  };
  await deps.records.replace(runTable, key, later, stored?.etag ?? '');

  await appendRunEvent(
    deps,
    runId,
    { key: 'k', type: 'step.started', step: 'data', summary: 'On.', data: {} },
    (before) => ({ ...before, updatedAt: at }),
  );
  expect(await findRun(deps, runId)).toMatchObject({
    approvals: [{ by: 'ada' }],
    steps: head.steps.map(() => ({ carbonGrams: 7 })),
  });
});

test('a pipeline version of a later release is refused: what it asks for must not be left out', () => {
  const problems = pipelineVersion.safeParse({ schemaVersion: 1, approval: 'production' }).error?.issues ?? [];
  expect(problems.map(({ code }) => code)).toContain('unrecognized_keys');
});
