/** What a window knows when it judges an arrival. */
export interface SealedContents {
  /** Path → ETag of what was sealed. */
  readonly sealed: ReadonlyMap<string, string>;
  /** Path → ETag of what was left out as rejected. */
  readonly rejected: ReadonlyMap<string, string>;
  /** Paths that were listed. */
  readonly listed: ReadonlySet<string>;
}

/**
 * @param path - path of the arrival
 * @param etag - its ETag
 * @returns its one outcome
 */
export function judgeArrival(
  path: string,
  etag: string,
  { sealed, rejected, listed }: SealedContents,
): 'sealed' | 'superseded' | 'gone' | 'rejected' {
  const now = sealed.get(path);
  if (now !== undefined) return now === etag ? 'sealed' : 'superseded';
  if (rejected.get(path) === etag) return 'rejected';
  return listed.has(path) ? 'superseded' : 'gone';
}
