/** What a snapshot costs in calls of the store, and what becomes of bytes that change under it. */
import { describe, expect, test } from 'vitest';

import { closeWindowActivity } from '#functions/activities/data-window/close-window.ts';
import { finishWindowActivity } from '#functions/activities/data-window/finish-window.ts';
import type { ProtocolDependencies } from '#functions/activities/data-window/protocol-dependencies.ts';
import { readManifest } from '#functions/activities/data-window/read-manifest.ts';
import { recordArrival } from '#functions/activities/data-window/pending.ts';
import { sealWindowActivity } from '#functions/activities/data-window/seal-window.ts';
import { touch } from '#functions/activities/data-window/touch.ts';
import { findWindow } from '#functions/activities/data-window/window-store.ts';
import { arrivalTable } from '#shared/contracts/records/arrival.ts';
import { pipelineTable, type PipelineRecord } from '#shared/contracts/records/pipeline.ts';
import { slotTable } from '#shared/contracts/records/slot.ts';
import { arrivalKey } from '#shared/domain/data-window/keys.ts';
import { sha256 } from '#shared/domain/digest.ts';
import { readAll } from '#functions/read-all.ts';
import type { BlobStore } from '#shared/ports/blob-store.ts';
import { MemoryBlobStore } from '#test/support/memory-blob-store.ts';
import { MemoryRecordStore } from '#test/support/memory-record-store.ts';

const config = {
  WHENCE_LANDING_CONTAINER: 'landing',
  WHENCE_VERSIONS_CONTAINER: 'data-versions',
  WHENCE_STATE_CONTAINER: 'state',
};
const pipeline: PipelineRecord = {
  schemaVersion: 1,
  name: 'demo',
  activeVersion: sha256('v1'),
  paused: false,
  trigger: { container: 'landing', path: 'in/**', select: 'all', settleMs: 1_000, maxWaitMs: 60_000 },
  endpoint: 'demo',
  updatedAt: '2026-01-01T00:00:00.000Z',
  updatedBy: 'somebody',
};

class Snapshots {
  nowMs = Date.UTC(2026, 0, 1);
  readonly blobs = new MemoryBlobStore({ nowMs: () => this.nowMs });
  readonly calls = { list: 0, read: 0, copy: 0 };
  /** Done right before a copy. */
  beforeCopy: (path: string) => void = () => undefined;
  readonly deps: ProtocolDependencies;

  constructor() {
    const { blobs, calls } = this;
    const data: BlobStore = {
      hasContainer: (...args) => blobs.hasContainer(...args),
      list: (...args) => ((calls.list += 1), blobs.list(...args)),
      head: (...args) => blobs.head(...args),
      read: (...args) => ((calls.read += 1), blobs.read(...args)),
      putIfAbsent: (container, path, bytes) => blobs.putIfAbsent(container, path, bytes),
      copyIfAbsent: (source, target) => {
        calls.copy += 1;
        this.beforeCopy(source.path);
        return blobs.copyIfAbsent(source, target);
      },
    };
    this.deps = {
      records: new MemoryRecordStore(),
      data,
      state: new MemoryBlobStore({ nowMs: () => this.nowMs }),
      client: { start: async () => 'started', raiseEvent: async () => true, status: async () => 'Running' },
      clock: { nowMs: () => this.nowMs },
      ids: { newId: () => 'me' },
      config,
    };
  }

  async publish(): Promise<void> {
    const key = { partition: pipelineTable.partition, row: pipeline.name };
    await this.deps.records.insert(pipelineTable.table, key, pipeline);
  }

  async land(path: string, text: string): Promise<string> {
    const { etag } = this.blobs.put('landing', path, Buffer.from(text));
    await recordArrival(this.deps, pipeline.name, path, etag);
    return etag;
  }

  /** One window from touch to end, with the slot free. @returns calls that closing and sealing took */
  async window(generation: number): Promise<{ list: number; read: number; copy: number }> {
    const about = { pipeline: pipeline.name, generation };
    await touch(this.deps, pipeline);
    this.nowMs += 10_000;
    const before = { ...this.calls };
    await closeWindowActivity(this.deps, about);
    while ((await sealWindowActivity(this.deps, about)).outcome === 'again');
    const { list, read, copy } = this.calls;
    await finishWindowActivity(this.deps, about);
    const slot = { partition: slotTable.partition, row: pipeline.name };
    const stored = await this.deps.records.get(slotTable.table, slot);
    if (stored !== undefined)
      await this.deps.records.replace(slotTable.table, slot, { schemaVersion: 1, hi: generation }, stored.etag);
    return { list: list - before.list, read: read - before.read, copy: copy - before.copy };
  }

  async outcomeOf(path: string, etag: string): Promise<unknown> {
    const row = `judged-${arrivalKey(path, etag)}`;
    return (await this.deps.records.get(arrivalTable, { partition: pipeline.name, row }))?.value;
  }
}

describe('a snapshot', () => {
  test.each([
    [1, 1],
    [5_000, 1],
    [5_001, 2],
    [12_000, 3],
  ])('of %i blobs lists %i pages for each look, and copies and reads each new blob once', async (blobs, pages) => {
    const snapshots = new Snapshots();
    await snapshots.publish();
    for (let blob = 0; blob < blobs; blob += 1) snapshots.blobs.put('landing', `in/${blob}`, Buffer.from(`${blob}`));
    // One look to see that data is quiet, one that is pinned.
    expect(await snapshots.window(1)).toEqual({ list: 2 * pages, read: blobs, copy: blobs });
  });

  test('reads only bytes that are new', async () => {
    const snapshots = new Snapshots();
    await snapshots.publish();
    for (let blob = 0; blob < 50; blob += 1) await snapshots.land(`in/${blob}`, `${blob}`);
    await snapshots.window(1);
    await snapshots.land('in/7', 'seven');
    expect(await snapshots.window(2)).toMatchObject({ read: 1 });
  });

  test('notices a blob that is overwritten while it is copied, takes the new bytes and names the old ones superseded', async () => {
    const snapshots = new Snapshots();
    await snapshots.publish();
    const old = await snapshots.land('in/a', 'one');
    let etag = '';
    snapshots.beforeCopy = (path) => {
      if (etag === '') etag = snapshots.blobs.put('landing', path, Buffer.from('two')).etag;
    };
    await snapshots.window(1);
    expect(await snapshots.outcomeOf('in/a', old)).toMatchObject({ outcome: 'superseded', manifestNumber: 1 });
    const manifest = await readManifest(snapshots.deps, pipeline.name, 1);
    expect(manifest.contents).toMatchObject([{ path: 'in/a', sha256: sha256('two') }]);
    expect(manifest.locators).toEqual([{ path: 'in/a', etag }]);
  });

  test('is not disturbed by a blob that is overwritten after it was copied', async () => {
    const snapshots = new Snapshots();
    await snapshots.publish();
    const etag = await snapshots.land('in/a', 'one');
    await snapshots.window(1);
    snapshots.blobs.put('landing', 'in/a', Buffer.from('two'));
    const { digest } = await readManifest(snapshots.deps, pipeline.name, 1);
    expect(await snapshots.outcomeOf('in/a', etag)).toMatchObject({ outcome: 'sealed' });
    const stream = await snapshots.blobs.read('data-versions', `${digest}/in/a`);
    if (typeof stream === 'string') throw new Error(stream);
    expect((await readAll(stream)).toString()).toBe('one');
  });

  test('leaves out, and names, what is no data (yet)', async () => {
    const snapshots = new Snapshots();
    await snapshots.publish();
    await snapshots.land('in/good', 'one');
    snapshots.blobs.put('landing', 'in/empty', Buffer.from(''));
    snapshots.blobs.put('landing', 'in/append', Buffer.from('x'), 'AppendBlob');
    await snapshots.window(1);
    expect((await readManifest(snapshots.deps, pipeline.name, 1)).leftOut).toEqual([
      { path: 'in/append', reason: 'it is a AppendBlob, not a block blob' },
      { path: 'in/empty', reason: 'it is empty' },
    ]);
  });

  test('of a hundred files over ten minutes, with late events, is one run over a hundred', async () => {
    const snapshots = new Snapshots();
    await snapshots.publish();
    const patient = { ...pipeline, trigger: { ...pipeline.trigger, settleMs: 60_000, maxWaitMs: 3_600_000 } };
    const key = { partition: pipelineTable.partition, row: pipeline.name };
    const stored = await snapshots.deps.records.get(pipelineTable.table, key);
    await snapshots.deps.records.replace(pipelineTable.table, key, patient, stored?.etag ?? '');
    const about = { pipeline: pipeline.name, generation: 1 };
    const late: (() => Promise<unknown>)[] = [];
    for (let file = 0; file < 100; file += 1) {
      const { etag } = snapshots.blobs.put('landing', `in/${file}`, Buffer.from(`${file}`));
      const event = (): Promise<unknown> =>
        recordArrival(snapshots.deps, pipeline.name, `in/${file}`, etag).then(() => touch(snapshots.deps, patient));
      if (file % 5 === 4) late.push(event);
      else await event();
      snapshots.nowMs += 6_000;
      expect(await closeWindowActivity(snapshots.deps, about)).toMatchObject({ outcome: 'wait', because: 'not-quiet' });
    }
    for (const event of late) await event();
    snapshots.nowMs += 61_000;
    expect(await closeWindowActivity(snapshots.deps, about)).toEqual({ outcome: 'next' });
    await sealWindowActivity(snapshots.deps, about);
    await finishWindowActivity(snapshots.deps, about);
    expect((await findWindow(snapshots.deps, pipeline.name, 1))?.window).toMatchObject({
      state: 'done',
      outcome: 'run',
    });
    expect((await findWindow(snapshots.deps, pipeline.name, 2))?.window).toBeUndefined();
    expect((await readManifest(snapshots.deps, pipeline.name, 1)).contents).toHaveLength(100);
  });
});
