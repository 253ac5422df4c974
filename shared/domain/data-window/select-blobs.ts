import { WhenceError } from '#shared/errors/whence-error.ts';

import { matchesGlob, parseGlob } from './path-glob.ts';

/** What is read of a blob to decide whether it is data. */
export interface CandidateBlob {
  readonly path: string;
  readonly sizeBytes: number;
  readonly blobType: string;
  readonly copyStatus?: string;
}

/**
 * @param glob - as in `trigger.data.path`
 * @returns a test of paths
 * @throws {WhenceError} `core.internal`: a release that took it published it, and this one does not
 */
export function matcher(glob: string): (path: string) => boolean {
  const parsed = parseGlob(glob);
  if ('problem' in parsed) throw new WhenceError('core.internal', `The glob ${glob} is not served: ${parsed.problem}.`);
  return (path) => matchesGlob(parsed.glob, path);
}

/**
 * Why a blob that matches is not data (yet).
 *
 * @returns the reason, or undefined if it is taken
 */
export function whySkipped(blob: CandidateBlob): string | undefined {
  if (blob.blobType !== 'BlockBlob') return `it is a ${blob.blobType}, not a block blob`;
  if (blob.copyStatus === 'pending') return 'a copy into it is under way';
  if (blob.sizeBytes === 0) return 'it is empty';
  return undefined;
}
