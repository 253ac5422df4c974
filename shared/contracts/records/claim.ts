import { z } from 'zod';

import { digestSha256, pipelineName } from './pipeline.ts';
import { storedObject } from './stored-object.ts';

/** Table and partition of claims; the row is the run key. Never purged. */
export const claimTable = { table: 'claims', partition: 'claim' } as const;

const about = {
  schemaVersion: z.literal(1),
  pipeline: pipelineName,
  generation: z.int().positive(),
  manifestNumber: z.int().positive(),
  runId: z.string(),
  /** The key of the same pipeline version and data version with the empty occasion. */
  contentKey: digestSha256,
};

/** What makes a run key run once. */
export const claimRecord = z.discriminatedUnion('state', [
  storedObject({ ...about, state: z.literal('claimed') }),
  storedObject({ ...about, state: z.literal('running'), token: z.string() }),
  storedObject({
    ...about,
    state: z.literal('ended'),
    token: z.string(),
    status: z.string(),
    rejectedData: z.boolean(),
  }),
]);
/** See {@link claimRecord}. */
export type ClaimRecord = z.output<typeof claimRecord>;
