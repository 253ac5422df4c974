import { z } from 'zod';

import { limits } from '#shared/domain/limits.ts';

import { storedObject } from './stored-object.ts';

/** Name of a pipeline: it joins instance ids, asset names and row keys as it is. */
export const pipelineName = z
  .string()
  .max(limits.pipelineNameChars)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'lower-case letters, digits and single hyphens, starting with a letter');

/** A SHA-256 as 64 lower-case hex digits. */
export const digestSha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in 64 lower-case hex digits');

/** Table and partition of the pipeline records; the row is the pipeline's name. */
export const pipelineTable = { table: 'pipelines', partition: 'pipeline' } as const;

/**
 * A pipeline as the platform knows it: which version is active and what wakes it. Written by publish, pause and
 * resume; read by the triggers, the data window and the reconciler.
 */
export const pipelineRecord = storedObject({
  schemaVersion: z.literal(1),
  name: pipelineName,
  /** Digest of the pipeline version that new runs use. */
  activeVersion: digestSha256,
  /** While paused, arrivals are recorded and windows collect, but no window takes the slot. */
  paused: z.boolean(),
  /** Trigger of the active version. */
  trigger: storedObject({
    container: z.string(),
    /** Glob over blob paths: `path-glob.ts`. */
    path: z.string(),
    select: z.literal('all'),
    settleMs: z.int().nonnegative(),
    maxWaitMs: z.int().positive(),
  }),
  /** Name of the online endpoint that the active version rolls out to. */
  endpoint: z.string(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
});

/** See {@link pipelineRecord}. */
export type PipelineRecord = z.output<typeof pipelineRecord>;
