import { z } from 'zod';

import { digestSha256 } from './pipeline.ts';
import { storedObject } from './stored-object.ts';

/** Table of manifests: partition = pipeline, row = the number, 8 digits. The contents are a blob. */
export const manifestTable = 'manifests';

/** @returns the row of a manifest */
export function manifestRow(number: number): string {
  return String(number).padStart(8, '0');
}

/** A blob of a data version. */
export const manifestBlob = storedObject({
  path: z.string(),
  sizeBytes: z.int().nonnegative(),
  sha256: digestSha256,
});
/** See {@link manifestBlob}. */
export type ManifestBlob = z.output<typeof manifestBlob>;

/** What a data version holds, and what was left out and why. Immutable. */
export const manifest = storedObject({
  schemaVersion: z.literal(1),
  /** SHA-256 over the canonical JSON of `contents`: paths, sizes and digests only. */
  digest: digestSha256,
  sealedAt: z.iso.datetime(),
  contents: z.array(manifestBlob),
  /** Where each blob's bytes were found: ETag, and the version id where the store has one. */
  locators: z.array(storedObject({ path: z.string(), etag: z.string() })),
  leftOut: z.array(storedObject({ path: z.string(), reason: z.string(), sha256: digestSha256.optional() })),
});
/** See {@link manifest}. */
export type Manifest = z.output<typeof manifest>;

/** Row of a manifest; first writer wins. */
export const manifestRecord = storedObject({
  schemaVersion: z.literal(1),
  number: z.int().positive(),
  digest: digestSha256,
  /** Path of the {@link manifest} in the state container. */
  reference: z.string(),
  blobs: z.int().nonnegative(),
  sizeBytes: z.int().nonnegative(),
  leftOut: z.int().nonnegative(),
  sealedAt: z.iso.datetime(),
});
/** See {@link manifestRecord}. */
export type ManifestRecord = z.output<typeof manifestRecord>;
