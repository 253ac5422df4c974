import { z } from 'zod';

import { digestSha256 } from './pipeline.ts';
import { storedObject } from './stored-object.ts';

/** Table of rejections: partition = pipeline, row = digest of path and SHA-256. Never deleted. */
export const rejectionTable = 'rejections';

/** Bytes at a path that break the contract. Admitted stays admitted. */
export const rejectionRecord = storedObject({
  schemaVersion: z.literal(1),
  path: z.string(),
  sha256: digestSha256,
  state: z.enum(['rejected', 'admitted']),
  by: z.string(),
  at: z.iso.datetime(),
  findings: z.array(z.string()),
});
/** See {@link rejectionRecord}. */
export type RejectionRecord = z.output<typeof rejectionRecord>;
