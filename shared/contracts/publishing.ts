import { z } from 'zod';

import { digestOf } from '#shared/domain/digest.ts';
import { limits } from '#shared/domain/limits.ts';

import { digestSha256 } from './records/pipeline.ts';

const base64 = z.base64().max(Math.ceil((limits.gitObjectBytes * 4) / 3));

/** Path of a file in a pipeline folder: no step out of it, nothing hidden from a reader. */
export const pipelineFilePath = z
  .string()
  .min(1)
  .max(limits.pipelinePathChars)
  .refine(
    (path) =>
      path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\p{Cc}]/u.test(part)),
    'a path inside the folder, with `/` between folders',
  );

/** Asks to make a version of files that were uploaded before. */
export const publishRequest = z.strictObject({
  files: z
    .array(z.strictObject({ path: pipelineFilePath, mode: z.enum(['100644', '100755']), sha256: digestSha256 }))
    .min(1)
    .max(limits.pipelineFiles),
  commit: z.strictObject({
    id: z.string().regex(/^[0-9a-f]{40}$/),
    /** Raw commit object. */
    object: base64,
    /** Raw tree objects from the root down to the folder's parent. */
    trees: z.array(base64).max(limits.gitTrees),
    folder: z.string().max(limits.pipelinePathChars),
    remote: z.string().max(500).optional(),
    /** The work tree had changes: the files are not those of the commit, and the version is unverified. */
    dirty: z.boolean(),
  }),
  /** Token of a CI system, where it publishes. */
  ciToken: z.string().max(10_000).optional(),
});
/** See {@link publishRequest}. */
export type PublishRequest = z.output<typeof publishRequest>;

/**
 * The name of a version: the digest of its files.
 *
 * @param files - in any order
 */
export function versionDigest(
  name: string,
  files: readonly { readonly path: string; readonly mode: string; readonly sha256: string }[],
): string {
  const sorted = [...files]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, mode, sha256 }) => ({ path, mode, sha256 }));
  return digestOf({ name, files: sorted });
}
