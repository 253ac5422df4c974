import { z } from 'zod';

import { storedObject } from './stored-object.ts';

/** Table of arrivals: partition = pipeline (`-` for blobs that no pipeline wants), rows `open-<key>` and `judged-<key>`. */
export const arrivalTable = 'arrivals';

/** What became of an arrival. Every arrival gets exactly one outcome. */
export const arrivalOutcomes = ['sealed', 'superseded', 'gone', 'rejected', 'unmatched'] as const;

/** One blob version that was seen in the landing container. While it is open it waits for a data window. */
export const openArrival = storedObject({
  schemaVersion: z.literal(1),
  path: z.string(),
  /** Without quotes. */
  etag: z.string(),
  seenAt: z.iso.datetime(),
});
/** See {@link openArrival}. */
export type OpenArrival = z.output<typeof openArrival>;

/** An arrival with its outcome; never changed. */
export const judgedArrival = storedObject({
  ...openArrival.shape,
  outcome: z.enum(arrivalOutcomes),
  /** Generation that judged it; absent for `unmatched`. */
  generation: z.int().positive().optional(),
  manifestNumber: z.int().positive().optional(),
  judgedAt: z.iso.datetime(),
});
/** See {@link judgedArrival}. */
export type JudgedArrival = z.output<typeof judgedArrival>;
