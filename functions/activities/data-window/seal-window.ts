import type { z } from 'zod';

import type { sealWindow, WindowReference } from '#shared/contracts/activities/data-window/window-activities.ts';
import { claimRecord, claimTable } from '#shared/contracts/records/claim.ts';
import { storedArrivalSet, storedListing, type DataWindow } from '#shared/contracts/records/data-window.ts';
import {
  manifestRecord,
  manifestRow,
  manifestTable,
  type Manifest,
  type ManifestRecord,
} from '#shared/contracts/records/manifest.ts';
import { chooseOccasion } from '#shared/domain/data-window/choose-occasion.ts';
import { runKeyOf } from '#shared/domain/data-window/keys.ts';
import { digestOf } from '#shared/domain/digest.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import { requirePipeline } from '../../pipelines/pipeline-store.ts';
import { copyContents } from './copy-contents.ts';
import { hashListing, type HashedBlob } from './hash-listing.ts';
import { listLanding } from './list-landing.ts';
import { isoNow, type ProtocolDependencies } from './protocol-dependencies.ts';
import { readSlot } from './slot.ts';
import { readStateFile, writeStateFile } from '../../state-files.ts';
import { changeWindow, requireWindow } from './window-store.ts';

type Output = z.input<typeof sealWindow.output>;

/** Listings of one window: what still changes faster than it can be copied is left to the next window. */
const LISTINGS = 5;

/**
 * Turns the pinned listing into a data version: hash what is new, copy, write the manifest, and pin in the window's row
 * what will run. Closed → sealed is one conditional update.
 *
 * @source design §4.5 and §4.6
 */
export async function sealWindowActivity(
  deps: ProtocolDependencies,
  { pipeline, generation }: WindowReference,
): Promise<Output> {
  const { window } = await requireWindow(deps, pipeline, generation);
  if (window.state === 'done') return { outcome: 'done' };
  if (window.state === 'sealed') return { outcome: 'next' };
  const reference = window.listings.at(-1);
  if (reference === undefined)
    throw new WhenceError('core.internal', `Data window ${generation} of ${pipeline} is closed without a listing.`);
  const listing = await readStateFile(deps, reference, storedListing);
  const hashed = await hashListing(deps, pipeline, listing);
  const isLast = window.listings.length >= LISTINGS;
  if (hashed.changed.length > 0 && !isLast) return listAgain(deps, window, pipeline, generation);
  const changed = [...hashed.changed];
  let copied = await copyAsVersion(deps, hashed.contents);
  while (copied.moved.length > 0) {
    if (!isLast) return listAgain(deps, window, pipeline, generation);
    changed.push(...copied.moved);
    copied = await copyAsVersion(
      deps,
      hashed.contents.filter((blob) => !changed.includes(blob.path)),
    );
  }
  const stored = await storeManifest(deps, pipeline, generation, {
    schemaVersion: 1,
    digest: copied.digest,
    sealedAt: window.closedAt ?? isoNow(deps),
    contents: copied.contents,
    locators: copied.locators,
    leftOut: [
      ...listing.skipped,
      ...hashed.leftOut,
      ...changed.map((path) => ({ path, reason: 'its bytes changed while they were read' })),
    ],
  });
  await pinRun(deps, pipeline, generation, stored);
  return { outcome: 'next' };
}

/** Copies bytes into the folder of their data version. `moved`: paths that changed or went before they were copied. */
async function copyAsVersion(deps: ProtocolDependencies, blobs: readonly HashedBlob[]) {
  const contents = blobs.map(({ path, sizeBytes, sha256 }) => ({ path, sizeBytes, sha256 }));
  const digest = digestOf(contents);
  const locators = blobs.map(({ path, etag }) => ({ path, etag }));
  return { contents, digest, locators, moved: await copyContents(deps, digest, blobs) };
}

/** Bytes changed under the seal: list again, bounded. Which listing counts is in the row. */
async function listAgain(
  deps: ProtocolDependencies,
  before: DataWindow,
  pipeline: string,
  generation: number,
): Promise<Output> {
  const { record } = await requirePipeline(deps.records, pipeline);
  const {
    digest,
    youngestMs: _youngest,
    ...listing
  } = await listLanding(deps.data, record.trigger.container, record.trigger);
  const reference = await writeStateFile(deps, 'listings', listing);
  await changeWindow(deps, pipeline, generation, (now) =>
    now.state === 'closed' && now.listings.length === before.listings.length
      ? { ...now, listings: [...now.listings, reference], listingDigest: digest }
      : undefined,
  );
  return { outcome: 'again' };
}

/** First writer wins: whoever finds the row adopts what is stored, not what it computed. */
async function storeManifest(
  deps: ProtocolDependencies,
  pipeline: string,
  number: number,
  manifest: Manifest,
): Promise<ManifestRecord> {
  const row: ManifestRecord = {
    schemaVersion: 1,
    number,
    digest: manifest.digest,
    reference: await writeStateFile(deps, `manifests/${pipeline}`, manifest),
    blobs: manifest.contents.length,
    sizeBytes: manifest.contents.reduce((sum, blob) => sum + blob.sizeBytes, 0),
    leftOut: manifest.leftOut.length,
    sealedAt: manifest.sealedAt,
  };
  const outcome = await deps.records.insert(manifestTable, { partition: pipeline, row: manifestRow(number) }, row);
  return manifestRecord.parse(outcome.record.value);
}

async function pinRun(
  deps: ProtocolDependencies,
  pipeline: string,
  generation: number,
  manifest: ManifestRecord,
): Promise<void> {
  const { window } = await requireWindow(deps, pipeline, generation);
  const { arrivalSet, pipelineVersion } = window;
  if (arrivalSet === undefined || pipelineVersion === undefined)
    throw new WhenceError('core.internal', `Data window ${generation} of ${pipeline} is closed and not pinned.`);
  const { requests } = await readStateFile(deps, arrivalSet, storedArrivalSet);
  const key = runKeyOf({ pipelineVersion, manifestDigest: manifest.digest, occasion: '' });
  const known = await isKnown(deps, key, generation);
  const { lastContentKey } = await readSlot(deps, pipeline);
  const hasData = manifest.blobs > 0;
  const choice = hasData
    ? chooseOccasion(known, lastContentKey === key, generation, requests)
    : ({ run: false } as const);
  await changeWindow(deps, pipeline, generation, (now) => {
    if (now.state !== 'closed') return undefined;
    const sealed: DataWindow = {
      ...now,
      state: 'sealed',
      sealedAt: isoNow(deps),
      manifestNumber: manifest.number,
      manifestDigest: manifest.digest,
    };
    if (!choice.run)
      return { ...sealed, outcome: hasData ? 'no-change' : 'no-data', requests: requests.map((one) => one.requestId) };
    const runKey = runKeyOf({ pipelineVersion, manifestDigest: manifest.digest, occasion: choice.occasion });
    return { ...sealed, outcome: 'run', occasion: choice.occasion, runKey, requests: [...choice.answers] };
  });
}

/** Whether another generation claimed the key. */
async function isKnown(deps: ProtocolDependencies, runKey: string, generation: number): Promise<boolean> {
  const stored = await deps.records.get(claimTable.table, { partition: claimTable.partition, row: runKey });
  return stored !== undefined && claimRecord.parse(stored.value).generation !== generation;
}
