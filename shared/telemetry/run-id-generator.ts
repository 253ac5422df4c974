import { RandomIdGenerator, type IdGenerator } from '@opentelemetry/sdk-trace-base';

import type { TraceIds } from './run-trace.ts';

/** Random ids, but for the span of a whole run, whose ids are known before it ends. */
export class RunIdGenerator implements IdGenerator {
  private readonly random = new RandomIdGenerator();
  private next: TraceIds | undefined;

  /** Starts a span with these ids; `start` must be synchronous. */
  withIds<T>(ids: TraceIds, start: () => T): T {
    this.next = ids;
    try {
      return start();
    } finally {
      this.next = undefined;
    }
  }

  generateTraceId(): string {
    return this.next?.traceId ?? this.random.generateTraceId();
  }

  generateSpanId(): string {
    return this.next?.spanId ?? this.random.generateSpanId();
  }
}
