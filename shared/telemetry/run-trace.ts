import { sha256 } from '#shared/domain/digest.ts';

/** W3C trace and span id, lower-case hex, 32 and 16 digits. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

/**
 * The trace of a run and the span of its whole. They follow from the run key, so that every activity, on whatever
 * machine and however often, joins the same trace without passing anything on.
 *
 * @param runKey - 64 hex digits
 */
export function runTrace(runKey: string): TraceIds {
  const digits = sha256(`trace:${runKey}`);
  return { traceId: digits.slice(0, 32), spanId: digits.slice(32, 48) };
}

/**
 * @returns the W3C `traceparent` that a job or a message of this run carries
 * @source W3C Trace Context, version 00, sampled
 */
export function traceparentOf({ traceId, spanId }: TraceIds): string {
  return `00-${traceId}-${spanId}-01`;
}
