/** A request that waits, as a window's arrival set has it. */
export interface WaitingRequest {
  readonly requestId: string;
  readonly createdAt: string;
}

/** What the seal decides about running. */
export type OccasionChoice =
  /** Run with this occasion; it answers these requests; others stay open, so the window touches again. */
  | { readonly run: true; readonly occasion: string; readonly answers: readonly string[] }
  /** Nothing changed. */
  | { readonly run: false };

/**
 * Chooses why this run is another one than those before.
 *
 * @param known - whether the key with the empty occasion was claimed before, by another generation
 * @param isLastKey - whether the newest run was over these bytes by this version; runs that rejected bytes do not count
 * @param requests - what waits
 * @source design §4.6
 */
export function chooseOccasion(
  known: boolean,
  isLastKey: boolean,
  generation: number,
  requests: readonly WaitingRequest[],
): OccasionChoice {
  if (!known) return { run: true, occasion: '', answers: requests.map((one) => one.requestId) };
  const oldest = [...requests].sort((a, b) =>
    a.createdAt === b.createdAt ? compare(a.requestId, b.requestId) : compare(a.createdAt, b.createdAt),
  )[0];
  if (oldest !== undefined) return { run: true, occasion: oldest.requestId, answers: [oldest.requestId] };
  return isLastKey ? { run: false } : { run: true, occasion: `return-${generation}`, answers: [] };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
