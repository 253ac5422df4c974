/** Event that wakes an orchestration that waits for a job. It carries no truth. */
export const JOB_EVENT = 'job-changed';

/** Rounds after which the waiting orchestration starts a new generation, so that its history stays short. */
export const POLLS_PER_GENERATION = 16;

const FIRST_DELAY_MS = 10 * 60_000;
const LONGEST_DELAY_MS = 60 * 60_000;

/**
 * How long to wait for an event before looking without one.
 *
 * @param round - looks so far, from 0
 * @returns milliseconds: 10 minutes, doubling, at most an hour
 * @source design decision 4
 */
export function jobPollDelayMs(round: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** Math.min(round, 10), LONGEST_DELAY_MS);
}
