import { z } from 'zod';

import { pipelineDefinition } from '../pipeline-definition.ts';
import { digestSha256, pipelineName } from './pipeline.ts';

/** Table of published versions: partition = pipeline name, row = version digest. The version itself is a blob. */
export const pipelineVersionTable = 'pipelineversions';

/** What is known of who made a version, the most trusted first: see design decision 17. */
export const trustLevels = ['verified', 'claimed', 'unverified'] as const;
/** One of {@link trustLevels}. */
export type TrustLevel = (typeof trustLevels)[number];

/** A published version: immutable, named by its content. Blob `pipeline-versions/<name>/<version>.json`. */
export const pipelineVersion = z.strictObject({
  schemaVersion: z.literal(1),
  name: pipelineName,
  version: digestSha256,
  definition: pipelineDefinition,
  files: z.array(
    z.strictObject({
      path: z.string(),
      mode: z.enum(['100644', '100755']),
      sha256: digestSha256,
      sizeBytes: z.int().nonnegative(),
    }),
  ),
});
/** See {@link pipelineVersion}. */
export type PipelineVersion = z.output<typeof pipelineVersion>;

/**
 * Row of a published version: where it comes from, when and by whom. Of several publications of the same bytes it holds
 * the most trusted one, of equals the first.
 */
export const pipelineVersionRecord = z.strictObject({
  schemaVersion: z.literal(1),
  name: pipelineName,
  version: digestSha256,
  /** Git commit, 40 hex digits. */
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  /** Folder of the pipeline in the repository; empty: its root. */
  folder: z.string(),
  /** Address of the repository, without credentials. */
  remote: z.string().optional(),
  /** The folder had changes that the commit doesn't hold. */
  dirty: z.boolean(),
  trust: z.enum(trustLevels),
  publishedAt: z.iso.datetime(),
  publishedBy: z.string(),
});
/** See {@link pipelineVersionRecord}. */
export type PipelineVersionRecord = z.output<typeof pipelineVersionRecord>;
