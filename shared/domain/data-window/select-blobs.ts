import picomatch from 'picomatch';

/** What is read of a blob to decide whether it is data. */
export interface CandidateBlob {
  readonly path: string;
  readonly sizeBytes: number;
  readonly blobType: string;
  readonly copyStatus?: string;
}

/**
 * The literal beginning of a glob, up to the first folder with a wildcard: what a listing can be narrowed to.
 *
 * @param glob - as in `trigger.data.path`
 */
export function literalPrefix(glob: string): string {
  const { base, isGlob } = picomatch.scan(glob);
  if (!isGlob) return glob;
  return base === '' || base === '.' ? '' : `${base}/`;
}

/** @returns a test of paths; files whose name begins with a dot match only where the glob says so */
export function matcher(glob: string): (path: string) => boolean {
  const isMatch = picomatch(glob, { dot: false, nonegate: true });
  return (path) => isMatch(path);
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
