/** What grows with the number of requests, files and slices ends in a limit, and not in a run that stands still. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { closeWindowActivity } from '#functions/activities/data-window/close-window.ts';
import { finishWindowActivity } from '#functions/activities/data-window/finish-window.ts';
import { hashListing } from '#functions/activities/data-window/hash-listing.ts';
import { createRequest, openRequests } from '#functions/activities/data-window/pending.ts';
import { sealWindowActivity } from '#functions/activities/data-window/seal-window.ts';
import { touch } from '#functions/activities/data-window/touch.ts';
import { findWindow } from '#functions/activities/data-window/window-store.ts';
import { readInspection } from '#functions/activities/run/data-inspections.ts';
import { pipelineTable, type PipelineRecord } from '#shared/contracts/records/pipeline.ts';
import { arrivalKey } from '#shared/domain/data-window/keys.ts';
import { sha256 } from '#shared/domain/digest.ts';
import { Issuer } from '#test/api/issuer.ts';
import { ApiLab } from '#test/api/lab.ts';

let issuer: Issuer;
let lab: ApiLab;
beforeAll(async () => {
  issuer = await Issuer.start();
});
afterAll(() => issuer[Symbol.asyncDispose]());

const pipeline: PipelineRecord = {
  schemaVersion: 1,
  name: 'demo',
  activeVersion: 'b'.repeat(64),
  paused: false,
  trigger: { container: 'landing', path: 'demo/*.csv', select: 'all', settleMs: 1_000, maxWaitMs: 60_000 },
  endpoint: 'demo-local',
  updatedAt: '2026-01-01T00:00:00.000Z',
  updatedBy: 'ada',
};
beforeEach(async () => {
  lab = await ApiLab.open(issuer);
  await lab.deps.records.insert(pipelineTable.table, { partition: pipelineTable.partition, row: 'demo' }, pipeline);
  const container = lab.deps.config.WHENCE_LANDING_CONTAINER;
  await lab.deps.data.putIfAbsent(container, 'demo/a.csv', Buffer.from('a\n1\n'), 'text/csv');
});

test('a window closes however many requests wait; it answers the oldest thousand', { timeout: 60_000 }, async () => {
  for (let at = 0; at < 9_000; at += 1)
    await createRequest(lab.deps, 'demo', {
      requestId: sha256(String(at)).slice(0, 20),
      kind: 'start',
      by: 'cron',
      bodyDigest: 'd',
    });
  const generation = await touch(lab.deps, pipeline);
  lab.nowMs += 120_000;
  const about = { pipeline: 'demo', generation };
  await closeWindowActivity(lab.deps, about);
  await sealWindowActivity(lab.deps, about);
  await finishWindowActivity(lab.deps, about);
  expect((await findWindow(lab.deps, 'demo', generation))?.window.state).toBe('done');
  expect(await openRequests(lab.deps, 'demo')).toHaveLength(8_000);
});

test('a digest and an inspection of a later release are read', async () => {
  const { records, data, state, config } = lab.deps;
  const [blob] = (await data.list(config.WHENCE_LANDING_CONTAINER, 'demo/')).blobs;
  if (blob === undefined) throw new Error('Nothing landed.');
  await records.insert(
    'digests',
    { partition: 'demo', row: arrivalKey(blob.path, blob.etag) },
    { schemaVersion: 1, path: blob.path, etag: blob.etag, sha256: sha256('a\n1\n'), crc64: 'later' },
  );
  const hashed = await hashListing(lab.deps, 'demo', { schemaVersion: 1, blobs: [blob], skipped: [] });
  expect(hashed.contents).toHaveLength(1);

  const profile = { schemaVersion: 1, rows: 1, files: [], columns: [], skew: 0 };
  const inspection = { schemaVersion: 1, contractId: 'c', contractVersion: '1', findings: [], profile };
  const bytes = Buffer.from(JSON.stringify(inspection));
  await state.putIfAbsent(config.WHENCE_STATE_CONTAINER, 'inspections/x.json', bytes, 'application/json');
  expect(await readInspection(lab.deps, 'inspections/x.json')).toMatchObject({ contractId: 'c' });
});
