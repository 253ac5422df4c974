import { z } from 'zod';

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration as people write it: a whole number and one unit, `30s`, `15m`, `2h` or `1d`. */
export const durationText = z
  .string({ error: 'a duration such as 30s, 15m, 2h or 1d' })
  .regex(/^\d{1,6}[smhd]$/, 'a duration such as 30s, 15m, 2h or 1d');

/**
 * @param text - a {@link durationText}
 * @returns milliseconds
 */
export function durationMs(text: string): number {
  const unit = text.at(-1);
  const amount = Number(text.slice(0, -1));
  if (unit === 's' || unit === 'm' || unit === 'h' || unit === 'd') return amount * unitMs[unit];
  throw new RangeError(`${text} is no duration`);
}
