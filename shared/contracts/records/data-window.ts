import { z } from 'zod';

import { digestSha256 } from './pipeline.ts';
import { storedObject } from './stored-object.ts';

/** Table of data windows: partition = pipeline, row = {@link windowRow}: newest first. */
export const windowTable = 'datawindows';

/** States of a data window, in order; it never goes back. */
export const windowStates = ['open', 'closed', 'sealed', 'done'] as const;

/** @returns the row of a generation; newer ones sort first */
export function windowRow(generation: number): string {
  return String(99_999_999 - generation).padStart(8, '0');
}

/** One generation of collecting. Every transition is conditional on the row as it was read. */
export const dataWindow = storedObject({
  schemaVersion: z.literal(1),
  generation: z.int().positive(),
  state: z.enum(windowStates),
  /** Who opened it: an insert that was reported as failed is found by this. */
  by: z.string(),
  openedAt: z.iso.datetime(),
  lastTouchAt: z.iso.datetime(),
  closedAt: z.iso.datetime().optional(),
  /** Paths in the state container of what was pending and what was there when it closed; first writer wins. */
  arrivalSet: z.string().optional(),
  /** Listings, newest last: sealing lists again when bytes changed under it. */
  listings: z.array(z.string()),
  /** Digest of paths and ETags of the newest listing. */
  listingDigest: digestSha256.optional(),
  sealedAt: z.iso.datetime().optional(),
  manifestNumber: z.int().positive().optional(),
  manifestDigest: digestSha256.optional(),
  pipelineVersion: digestSha256.optional(),
  /** Pinned by the seal; absent: nothing to run. */
  occasion: z.string().optional(),
  runKey: digestSha256.optional(),
  /** Requests that the run answers. */
  requests: z.array(z.string()),
  /** How it ended, for people. */
  outcome: z.enum(['run', 'no-change', 'no-data']).optional(),
  doneAt: z.iso.datetime().optional(),
});
/** See {@link dataWindow}. */
export type DataWindow = z.output<typeof dataWindow>;

/** A blob as a listing pinned it. */
export const listedBlob = storedObject({
  path: z.string(),
  etag: z.string(),
  sizeBytes: z.int().nonnegative(),
  lastModifiedAt: z.string(),
});
/** See {@link listedBlob}. */
export type ListedBlob = z.output<typeof listedBlob>;

/** A listing of the blobs that a pipeline wants, stored in the state container. */
export const storedListing = storedObject({
  schemaVersion: z.literal(1),
  blobs: z.array(listedBlob),
  /** Blobs that match and are not taken, with the reason. */
  skipped: z.array(storedObject({ path: z.string(), reason: z.string() })),
});
/** See {@link storedListing}. */
export type StoredListing = z.output<typeof storedListing>;

/** What was pending when a window closed, stored in the state container. */
export const storedArrivalSet = storedObject({
  schemaVersion: z.literal(1),
  arrivals: z.array(storedObject({ key: z.string(), path: z.string(), etag: z.string() })),
  requests: z.array(storedObject({ requestId: z.string(), kind: z.string(), createdAt: z.string() })),
});
/** See {@link storedArrivalSet}. */
export type StoredArrivalSet = z.output<typeof storedArrivalSet>;
