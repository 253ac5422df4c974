import { digestOf } from '#shared/domain/digest.ts';
import type { StepName } from '#shared/domain/run/statuses.ts';

/** W3C trace and span id, lower-case hex, 32 and 16 digits. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** What a trace is about: a data window of a pipeline and the run that comes of it. */
export interface TracedRun {
  readonly pipeline: string;
  readonly generation: number;
}

/**
 * The trace of a run, from the first message about its data to traffic, and the span of its whole. The ids follow from
 * the data window's generation, which everything on that way knows, so that every message, activity and job joins the
 * same trace on whatever machine and however often, without passing anything on.
 */
export function runTrace({ pipeline, generation }: TracedRun): TraceIds {
  return {
    traceId: digestOf({ trace: { pipeline, generation } }).slice(0, 32),
    spanId: spanId({ pipeline, generation }),
  };
}

/** The span of a step attempt in the {@link runTrace}. Its activities and its job are below it. */
export function stepTrace(run: TracedRun, step: StepName, attempt: number): TraceIds {
  const { traceId } = runTrace(run);
  return { traceId, spanId: spanId({ pipeline: run.pipeline, generation: run.generation, step, attempt }) };
}

/**
 * @returns the W3C `traceparent` that a job or a message of this run carries
 * @source W3C Trace Context, version 00, sampled
 */
export function traceparentOf({ traceId, spanId }: TraceIds): string {
  return `00-${traceId}-${spanId}-01`;
}

function spanId(of: object): string {
  return digestOf({ span: of }).slice(0, 16);
}
