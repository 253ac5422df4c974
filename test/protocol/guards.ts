/** A guard of the protocol, as it stands in a file, and what stands there when it is left out. */
export interface Patch {
  /** From the root of the repository. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly put: string;
}

/** A guard that the schedules must miss when it is gone. */
export interface Guard {
  /** What it guarantees. */
  readonly name: string;
  /** More than one patch where two guards stand in for each other: only without both does anything break. */
  readonly patches: readonly Patch[];
}

const window = 'functions/activities/data-window';
const reconcile = 'functions/triggers/reconcile.ts';

/** The reconciler looks at what events should have told; without this an event is all there is. */
const noOpenArrivals: Patch = {
  file: reconcile,
  find: `if ((await openArrivals(deps, pipeline.name)).length > 0) return 'an arrival is open';`,
  put: '',
};
const noDataChanged: Patch = {
  file: reconcile,
  find: `if (newest.listingDigest !== listing.digest && (await hasNews(deps, newest, listing))) return 'data changed';`,
  put: '',
};
const noRejectionsChanged: Patch = {
  file: reconcile,
  find: `return (await differsFromManifest(deps, pipeline.name, newest, listing)) ? 'rejections changed' : undefined;`,
  put: 'return undefined;',
};
const noOpenRequests: Patch = {
  file: reconcile,
  find: `if ((await openRequests(deps, pipeline.name)).length > 0) return 'a request is open';`,
  put: '',
};
const noRestart: Patch = {
  file: reconcile,
  find: 'if (!endedInstanceStatuses.has(status)) continue;',
  put: 'continue;',
};

const memory = 'test/support/memory-record-store.ts';

/** One entry a guard of design §4. Each is caught by a test that runs the schedules without it. */
export const guards: readonly Guard[] = [
  {
    name: 'records: a row changes only as it was read',
    patches: [
      {
        file: memory,
        find: `?.etag !== etag) return { outcome: 'conflict' };`,
        put: `=== undefined) return { outcome: 'conflict' };`,
      },
    ],
  },
  {
    name: 'records: the first writer of a row wins',
    patches: [
      {
        file: memory,
        find: `if (there !== undefined) return { outcome: 'exists', record: toRecord<T>(key, there) };`,
        put: '',
      },
    ],
  },
  {
    name: 'touch: a window that has closed is not touched, the next one is opened',
    patches: [{ file: `${window}/touch.ts`, find: `newest?.window.state !== 'open'`, put: 'newest === undefined' }],
  },
  {
    name: 'touch: the touch of an open window is written',
    patches: [
      {
        file: `${window}/touch.ts`,
        find: 'if (deps.clock.nowMs() - Date.parse(window.lastTouchAt) < pipeline.trigger.settleMs / 4) return window.generation;',
        put: 'if (window.generation > 0) return window.generation;',
      },
      {
        file: `${window}/close-window.ts`,
        find: 'if (quietMs > nowMs)',
        put: 'if (false as boolean)',
      },
    ],
  },
  {
    name: 'touch: the instance of an opened window is started, or the reconciler starts it',
    patches: [
      {
        file: `${window}/touch.ts`,
        find: 'await startWindow(deps, pipeline, generation);\n  return generation',
        put: 'return generation',
      },
      noRestart,
    ],
  },
  {
    name: 'quiet: a window does not close before its time, although timers are early',
    patches: [{ file: `${window}/close-window.ts`, find: 'if (quietMs > nowMs)', put: 'if (quietMs > nowMs + 900)' }],
  },
  {
    name: 'close: a touch between looking and closing is seen',
    patches: [{ file: `${window}/close-window.ts`, find: ' && now.lastTouchAt === lastTouchAt', put: '' }],
  },
  {
    name: 'close: only an open window closes',
    patches: [
      {
        file: `${window}/close-window.ts`,
        find: `now.state === 'open' && now.lastTouchAt === lastTouchAt`,
        put: 'now.lastTouchAt === lastTouchAt',
      },
    ],
  },
  {
    name: 'close: the slot is taken first',
    patches: [
      {
        file: `${window}/close-window.ts`,
        find: 'const slot = await takeSlot(deps, pipeline.name, window.generation);',
        put: `const slot = 'mine' as Awaited<ReturnType<typeof takeSlot>>;`,
      },
    ],
  },
  {
    name: 'pin: the first arrival set and listing win',
    patches: [
      { file: `${window}/close-window.ts`, find: 'if (window.arrivalSet !== undefined) return;', put: '' },
      { file: `${window}/close-window.ts`, find: 'now.arrivalSet === undefined', put: 'true as boolean' },
    ],
  },
  {
    name: 'pin: arrivals are read after the close and before the listing, or the reconciler finds them',
    patches: [
      {
        file: `${window}/close-window.ts`,
        find: 'const arrivals = await openArrivals(deps, pipeline);',
        put: 'const arrivals: Awaited<ReturnType<typeof openArrivals>> = [];',
      },
      noOpenArrivals,
    ],
  },
  {
    name: 'pin: the version is read after the requests',
    patches: [
      {
        file: `${window}/close-window.ts`,
        find: 'const requests = (await openRequests(deps, pipeline))',
        put: 'const early = (await requirePipeline(deps.records, pipeline)).record;\n  const requests = (await openRequests(deps, pipeline))',
      },
      {
        file: `${window}/close-window.ts`,
        find: 'const { trigger, activeVersion } = (await requirePipeline(deps.records, pipeline)).record;',
        put: 'const { trigger, activeVersion } = early;',
      },
    ],
  },
  {
    name: 'slot: one owner at a time',
    patches: [{ file: `${window}/slot.ts`, find: `if (slot.owner !== undefined) return 'busy';`, put: '' }],
  },
  {
    name: 'slot: an owner finds it as its own',
    patches: [{ file: `${window}/slot.ts`, find: `if (slot.owner === generation) return 'mine';`, put: '' }],
  },
  {
    name: 'slot: an overtaken generation never takes it',
    patches: [{ file: `${window}/slot.ts`, find: `if (generation <= slot.hi) return 'overtaken';`, put: '' }],
  },
  {
    name: 'slot: only its owner frees it',
    patches: [{ file: `${window}/slot.ts`, find: 'if (owner !== generation) return;', put: '' }],
  },
  {
    name: 'seal: bytes are copied as they were hashed',
    patches: [
      {
        file: 'test/support/memory-blob-store.ts',
        find: `if (blob.properties.etag !== source.etag) return 'changed';`,
        put: '',
      },
    ],
  },
  {
    name: 'seal: digests are known by path and ETag',
    patches: [
      {
        file: `${window}/hash-listing.ts`,
        find: 'row: arrivalKey(blob.path, blob.etag) };',
        put: `row: arrivalKey(blob.path, '') };`,
      },
    ],
  },
  {
    name: 'seal: rejected bytes are left out',
    patches: [
      {
        file: `${window}/hash-listing.ts`,
        find: 'else if (await isRejected(deps, pipeline, blob.path, sha256))',
        put: 'else if (false as boolean)',
      },
    ],
  },
  {
    name: 'seal: what changes faster than it can be copied is left to the next window',
    patches: [
      {
        file: `${window}/seal-window.ts`,
        find: 'if (!isLast) return listAgain(deps, window, pipeline, generation);\n    changed',
        put: `if (!isLast) return listAgain(deps, window, pipeline, generation);\n    throw new WhenceError('storage.unavailable', 'still changing');\n    changed`,
      },
    ],
  },
  {
    name: 'manifest: the first writer wins, and the others adopt it',
    patches: [
      {
        file: `${window}/seal-window.ts`,
        find: 'return manifestRecord.parse(outcome.record.value);',
        put: 'return outcome.record.value === undefined ? manifestRecord.parse(row) : row;',
      },
    ],
  },
  {
    name: 'seal: a window is sealed once',
    patches: [
      { file: `${window}/seal-window.ts`, find: `if (window.state === 'sealed') return { outcome: 'next' };`, put: '' },
      { file: `${window}/seal-window.ts`, find: `if (now.state !== 'closed') return undefined;`, put: '' },
    ],
  },
  {
    name: 'occasion: a known key is not run again',
    patches: [
      {
        file: `${window}/seal-window.ts`,
        find: 'const known = await isKnown(deps, key, generation);',
        put: 'const known = false;',
      },
    ],
  },
  {
    name: 'occasion: data that went back to what it was is run again',
    patches: [{ file: `${window}/seal-window.ts`, find: 'lastContentKey === key', put: 'true' }],
  },
  {
    name: 'occasion: unchanged data is not run again',
    patches: [{ file: `${window}/seal-window.ts`, find: 'lastContentKey === key', put: 'false' }],
  },
  {
    name: 'finish: requests are resolved before the claim is there',
    patches: [
      { file: `${window}/finish-window.ts`, find: '  await claim(deps, pipeline, window, runKey);\n', put: '' },
      {
        file: `${window}/finish-window.ts`,
        find: '  const runId = runIdOf(pipeline, runKey);\n  for',
        put: '  await claim(deps, pipeline, window, runKey);\n  const runId = runIdOf(pipeline, runKey);\n  for',
      },
    ],
  },
  {
    name: 'finish: other requests get a window, or the reconciler touches',
    patches: [
      {
        file: `${window}/finish-window.ts`,
        find: 'if ((await openRequests(deps, pipeline)).length > 0)',
        put: 'if (false as boolean)',
      },
      noOpenRequests,
    ],
  },
  {
    name: 'finish: arrivals get their outcomes before the window is done',
    patches: [{ file: `${window}/finish-window.ts`, find: 'await judgeArrivals(deps, pipeline, window);', put: '' }],
  },
  {
    name: 'requests: one that was resolved is not open, although a late repetition wrote it again',
    patches: [
      {
        file: `${window}/pending.ts`,
        find: 'if ((await deps.records.get(requestTable, resolved)) === undefined)',
        put: 'if (resolved.row.length > 0)',
      },
    ],
  },
  {
    name: 'run: a second execution does not take over',
    patches: [
      {
        file: `${window}/claim-run.ts`,
        find: `if (claim.state !== 'claimed') return { outcome: 'not-mine' };`,
        put: `if (claim.state === 'ended') return { outcome: 'not-mine' };`,
      },
    ],
  },
  {
    name: 'run: an ended run is not started again',
    patches: [
      {
        file: `${window}/claim-run.ts`,
        find: `if (claim.state !== 'claimed') return { outcome: 'not-mine' };`,
        put: `if (claim.state === 'running') return { outcome: 'not-mine' };`,
      },
    ],
  },
  {
    name: 'run: every effect asks for the claim',
    patches: [
      {
        file: `${window}/fence.ts`,
        find: `return found?.claim.state === 'running' && found.claim.token === token;`,
        put: `return token !== '' || found === undefined;`,
      },
    ],
  },
  {
    name: 'end: the record ends first, the slot is freed last',
    patches: [
      {
        file: `${window}/end-claim.ts`,
        find: 'if (rejectedData) await touch(',
        put: `await releaseSlot(deps, claim.pipeline, claim.generation, claim.contentKey);\n    if (rejectedData) await touch(`,
      },
    ],
  },
  {
    name: 'end: a run that rejects bytes touches, or the reconciler does',
    patches: [
      {
        file: `${window}/end-claim.ts`,
        find: 'if (rejectedData) await touch(',
        put: 'if (false as boolean) await touch(',
      },
      noRejectionsChanged,
    ],
  },
  {
    name: 'end: a run that rejected bytes does not count as the newest',
    patches: [{ file: `${window}/end-claim.ts`, find: 'rejectedData ? undefined : contentKey', put: 'contentKey' }],
  },
  { name: 'reconciler: a window whose instance ended is started again', patches: [noRestart] },
  {
    name: 'reconciler: a claimed run that nobody runs is started',
    patches: [{ file: reconcile, find: 'await startRun(deps, pipeline, window);', put: '' }],
  },
  {
    name: 'reconciler: a run whose instance vanished is ended',
    patches: [
      {
        file: reconcile,
        find: `    case 'running': {\n      const status = await deps.client.status(claim.runId);`,
        put: `    case 'running': {\n      const status = 'Running' as Awaited<ReturnType<typeof deps.client.status>>;`,
      },
    ],
  },
  {
    name: 'reconciler: a run whose instance is alive is not ended',
    patches: [
      {
        file: reconcile,
        find: `    case 'running': {\n      const status = await deps.client.status(claim.runId);`,
        put: `    case 'running': {\n      const status = 'unknown' as Awaited<ReturnType<typeof deps.client.status>>;`,
      },
    ],
  },
  {
    name: 'reconciler: an ended claim frees the slot',
    patches: [{ file: reconcile, find: `      await closeRun(claim.runId);\n      await free(deps, claim);`, put: '' }],
  },
  {
    name: 'reconciler: a window that is not done keeps the slot',
    patches: [
      {
        file: reconcile,
        find: `if (window.state !== 'done') return undefined;`,
        put: '',
      },
    ],
  },
  {
    name: 'reconciler: a window that is done without a claim frees the slot',
    patches: [
      {
        file: reconcile,
        find: 'await releaseSlot(deps, pipeline, window.generation, undefined);',
        put: '',
      },
    ],
  },
  {
    name: 'reconciler: the claim is read first, the instance second',
    patches: [
      {
        file: reconcile,
        find: 'const found = window.runKey === undefined ? undefined : await findClaim(deps, window.runKey);',
        put: `const { runIdOf } = await import('#shared/domain/data-window/keys.ts');
  const early = window.runKey === undefined ? undefined : await deps.client.status(runIdOf(pipeline, window.runKey));
  const found = window.runKey === undefined ? undefined : await findClaim(deps, window.runKey);
  if (early !== undefined) deps = { ...deps, client: { ...deps.client, status: async () => early } };`,
      },
    ],
  },
  {
    name: 'reconciler: an active version that no window ran is found',
    patches: [
      { file: reconcile, find: 'if (newest.pipelineVersion !== pipeline.activeVersion)', put: 'if (false as boolean)' },
    ],
  },
  { name: 'reconciler: data that no event told of is found', patches: [noDataChanged] },
  { name: 'reconciler: an arrival that no window took is found', patches: [noOpenArrivals] },
  { name: 'reconciler: a request that no window took is found', patches: [noOpenRequests] },
];
