import { z } from 'zod';

import { modelReference } from './run.ts';
import { pipelineName } from './pipeline.ts';
import { storedObject } from './stored-object.ts';

/** Table of what serves: partition `endpoint`, row = endpoint name. Changed only on what was read (ETag). */
export const servingTable = { table: 'serving', partition: 'endpoint' } as const;

/** Deployment name → percent; whole numbers that sum to 100. */
export const trafficMap = z.record(z.string(), z.int().min(0).max(100));

/** What serves, or served before a roll-out that is under way. */
const servedModel = storedObject({
  /** Manifest that the model was trained on; a roll-out of an older one is refused. 0: nothing serves yet. */
  manifestNumber: z.int().nonnegative(),
  runId: z.string().optional(),
  model: modelReference.optional(),
  deployment: z.string().optional(),
  /** The desired traffic map. */
  traffic: trafficMap,
});

/** What an endpoint serves, as Whence wants it. The reconciler compares the endpoint with it and repairs. */
export const servingRecord = storedObject({
  schemaVersion: z.literal(1),
  endpoint: z.string(),
  pipeline: pipelineName,
  ...servedModel.shape,
  /** What served before the roll-out of `runId`, until that roll-out has ended: what a failure restores. */
  previous: servedModel.optional(),
  /** Deployments to delete, not before the stated time, when no activity that knew them can still run. */
  retiring: z.array(storedObject({ deployment: z.string(), notBefore: z.iso.datetime() })),
  updatedAt: z.iso.datetime(),
});
/** See {@link servingRecord}. */
export type ServingRecord = z.output<typeof servingRecord>;
