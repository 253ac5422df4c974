/** Looks at something that Azure ML provisions before giving up: about two hours. */
export const PROVISIONING_LOOKS = 130;

/**
 * Pause before the next look: 2 s, growing by half, at most a minute. Provisioning takes seconds on a laptop and many
 * minutes on Azure, and sends no event.
 *
 * @param look - looks so far, from 0
 * @returns milliseconds
 */
export function provisioningDelayMs(look: number): number {
  return Math.min(2_000 * 1.5 ** Math.min(look, 20), 60_000);
}
