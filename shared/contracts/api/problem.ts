import { z } from 'zod';

/**
 * How the API answers a failure.
 * @source RFC 9457 (Problem Details for HTTP APIs); `code`, `details` and `traceId` are extension members
 */
export const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  code: z.string(),
  remedy: z.string(),
  details: z.record(z.string(), z.unknown()),
});
/** See {@link problem}. */
export type Problem = z.output<typeof problem>;
