/** Event that wakes a waiting window: the slot is free, or the pipeline was resumed. It carries no truth. */
export const WINDOW_EVENT = 'look-again';

/** Waits after which the orchestration starts a new generation of itself, so that its history stays short. */
export const WAITS_PER_GENERATION = 50;

/** Longest wait for the slot or for a resume without an event. */
export const BUSY_WAIT_MS = 60_000;

/** What decides how long a window waits. Times in milliseconds since 1970. */
export interface QuietFacts {
  readonly nowMs: number;
  readonly openedMs: number;
  readonly lastTouchMs: number;
  /** Youngest `lastModified` of a listing, the store's clock. */
  readonly youngestMs: number | undefined;
  readonly settleMs: number;
  readonly maxWaitMs: number;
}

/**
 * When data is quiet: `settle` after the last touch and after the youngest change, at most `maxWait` after the window
 * opened.
 *
 * @returns milliseconds since 1970; not in the future: data is quiet
 */
export function quietAtMs({ openedMs, lastTouchMs, youngestMs, settleMs, maxWaitMs }: QuietFacts): number {
  const quietMs = Math.max(lastTouchMs, youngestMs ?? 0) + settleMs;
  return Math.min(quietMs, openedMs + maxWaitMs);
}
