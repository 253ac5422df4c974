import type { z } from 'zod';

import type { failure } from '#shared/contracts/records/run.ts';

/** Longest error text that is kept. */
const MESSAGE_CHARS = 2_000;

/**
 * The failure that an orchestration records for an activity that failed in all its attempts.
 *
 * Errors cross the durable engine as text: the readable part stands before ` \n ` (local-runtime.md 3.3), and an
 * activity of ours puts its code in front (see `register-activity.ts`).
 *
 * @param error - what `yield` threw
 */
export function failureOf(error: unknown): z.output<typeof failure> {
  const text = error instanceof Error ? error.message : String(error);
  const readable = (text.split(' \n ')[0] ?? text).slice(0, MESSAGE_CHARS);
  const coded = /\[([a-z-]+\.[a-z-]+)\] ?(.*)$/s.exec(readable);
  return { code: coded?.[1] ?? 'core.internal', message: coded?.[2] ?? readable, details: {} };
}
