import { z } from 'zod';

import { digestSha256 } from './pipeline.ts';
import { storedObject } from './stored-object.ts';

/** Table and partition of slots; the row is the pipeline's name. */
export const slotTable = { table: 'slots', partition: 'slot' } as const;

/** One a pipeline: its owner may seal and run. Owned from the window's take to its run's end; no hand-over. */
export const slotRecord = storedObject({
  schemaVersion: z.literal(1),
  /** Generation that owns it. */
  owner: z.int().positive().optional(),
  /** Highest generation that ever held it: a window that was overtaken cannot take it any more. */
  hi: z.int().nonnegative(),
  /** Content key of the newest run, but for runs that rejected their data: what "went back" is measured against. */
  lastContentKey: digestSha256.optional(),
});
/** See {@link slotRecord}. */
export type SlotRecord = z.output<typeof slotRecord>;
