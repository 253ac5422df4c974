import { z } from 'zod';

import { storedObject } from './stored-object.ts';

/** Table of requests: partition = pipeline, rows `open-<id>` and `resolved-<id>`. */
export const requestTable = 'requests';

/** Why somebody wants a run. */
export const requestKinds = ['start', 'publish', 'admit'] as const;
/** One of {@link requestKinds}. */
export type RequestKind = (typeof requestKinds)[number];

/** A wish for a run. While it is open it waits for a data window. */
export const openRequest = storedObject({
  schemaVersion: z.literal(1),
  requestId: z.string(),
  kind: z.enum(requestKinds),
  by: z.string(),
  reason: z.string().optional(),
  /** Digest of what was asked, so that a key that is used again for something else is noticed. */
  bodyDigest: z.string(),
  createdAt: z.iso.datetime(),
});
/** See {@link openRequest}. */
export type OpenRequest = z.output<typeof openRequest>;

/** A request and what became of it; never changed. */
export const resolvedRequest = storedObject({
  ...openRequest.shape,
  resolution: z.enum(['run', 'no-change']),
  generation: z.int().positive(),
  runId: z.string().optional(),
  resolvedAt: z.iso.datetime(),
});
/** See {@link resolvedRequest}. */
export type ResolvedRequest = z.output<typeof resolvedRequest>;
