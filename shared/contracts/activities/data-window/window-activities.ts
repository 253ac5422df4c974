import { z } from 'zod';

import { pipelineName } from '#shared/contracts/records/pipeline.ts';

import { activityContract } from '../../activity-contract.ts';

/** A data window. */
export const windowReference = z.strictObject({ pipeline: pipelineName, generation: z.int().positive() });
/** See {@link windowReference}. */
export type WindowReference = z.output<typeof windowReference>;

const wait = z.strictObject({
  outcome: z.literal('wait'),
  /** Not before this time; ISO 8601 UTC. */
  until: z.iso.datetime(),
  /** For people. */
  because: z.enum(['not-quiet', 'paused', 'slot-busy']),
});
const next = z.strictObject({ outcome: z.literal('next') });
const done = z.strictObject({ outcome: z.literal('done') });

/** Whether data is quiet and the slot is mine; closes the window then, and stores what is pending and what is there. */
export const closeWindow = activityContract(
  'closeWindow',
  windowReference,
  z.discriminatedUnion('outcome', [wait, next, done]),
);

/** Hashes what is new, copies, writes the manifest and pins what will run. `again`: bytes changed under it, or time is up. */
export const sealWindow = activityContract(
  'sealWindow',
  windowReference,
  z.discriminatedUnion('outcome', [z.strictObject({ outcome: z.literal('again') }), next, done]),
);

/** Gives the arrivals their outcomes, claims the run key and starts the run, or says that nothing changed. */
export const finishWindow = activityContract('finishWindow', windowReference, done);
