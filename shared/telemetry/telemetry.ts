import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Meter,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { SeverityNumber, type Logger } from '@opentelemetry/api-logs';

import { isWhenceError } from '#shared/errors/whence-error.ts';

import type { LogEvent } from './log-events.ts';
import { logEvents } from './log-events.ts';
import { metrics, type MetricFacts, type MetricName } from './metrics.ts';
import type { RunIdGenerator } from './run-id-generator.ts';
import type { TraceIds } from './run-trace.ts';

/** Facts about a span or a log line: plain values under standard keys (runId, stepName, attempt, …). No payloads. */
export type Facts = Attributes;

/** A finished piece of work that becomes a span; with `ids`, others could name it as their parent before it ended. */
export interface FinishedSpan {
  readonly name: string;
  readonly ids?: TraceIds;
  readonly parent?: TraceIds;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly failed: boolean;
  readonly facts: Facts;
}

/** What the app says about itself: spans, structured logs and metrics. */
export interface Telemetry {
  /** Runs `work` in a span below `parent`; an error marks the span and goes on. */
  span<T>(name: string, parent: TraceIds | undefined, facts: Facts, work: () => Promise<T>): Promise<T>;
  /** Exports the span of something that has ended: a whole run, a step attempt, a message. */
  finished(span: FinishedSpan): void;
  /** Writes one structured log line of the catalogue. */
  log(event: LogEvent, facts: Facts, parent?: TraceIds): void;
  /** Adds one measurement of a metric of the catalogue, in its unit. */
  measure<Name extends MetricName>(metric: Name, value: number, facts: MetricFacts<Name>): void;
  /** Sends what is left. */
  flush(): Promise<void>;
}

/** The parts that an exporter set-up provides. */
export interface TelemetryParts {
  readonly tracer: Tracer;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly ids: RunIdGenerator;
  readonly flush: () => Promise<void>;
}

/** @returns telemetry over OpenTelemetry's API */
export function createTelemetry(parts: TelemetryParts): Telemetry {
  const record = instruments(parts.meter);
  return {
    async span(name, parent, facts, work) {
      const below = parent === undefined ? context.active() : remote(parent);
      const span = parts.tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes: facts }, below);
      try {
        return await work();
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
        if (isWhenceError(error)) span.setAttribute('error.type', error.code);
        throw error;
      } finally {
        span.end();
      }
    },
    finished({ name, ids, parent, startedAt, endedAt, failed, facts }) {
      const kind = parent === undefined ? SpanKind.SERVER : SpanKind.INTERNAL;
      const start = (): Span =>
        parts.tracer.startSpan(
          name,
          { kind, startTime: new Date(startedAt), attributes: facts },
          parent === undefined ? ROOT_CONTEXT : remote(parent),
        );
      const span = ids === undefined ? start() : parts.ids.withIds(ids, start);
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(new Date(endedAt));
    },
    log(event, facts, parent) {
      const entry = logEvents[event];
      parts.logger.emit({
        eventName: event,
        severityNumber: SeverityNumber[entry.severity],
        severityText: entry.severity,
        body: entry.message,
        attributes: { eventId: entry.id, ...facts },
        ...(parent === undefined ? {} : { context: remote(parent) }),
      });
    },
    measure(metric, value, facts) {
      const known = Object.entries<string | undefined>(facts).filter(([, fact]) => fact !== undefined);
      record[metric](value, Object.fromEntries(known) as Attributes);
    },
    flush: parts.flush,
  };
}

type Recorder = (value: number, facts: Attributes) => void;

/** What records each metric of the catalogue. */
function instruments(meter: Meter): Readonly<{ [Name in MetricName]: Recorder }> {
  const made = Object.entries(metrics).map(([name, { kind, unit, about }]): [string, Recorder] => {
    const options = { unit, description: about };
    if (kind === 'counter') {
      const counter = meter.createCounter(name, options);
      return [name, (value, facts) => counter.add(value, facts)];
    }
    const histogram = meter.createHistogram(name, options);
    return [name, (value, facts) => histogram.record(value, facts)];
  });
  return Object.fromEntries(made) as { [Name in MetricName]: Recorder };
}

function remote(parent: TraceIds): typeof ROOT_CONTEXT {
  return trace.setSpanContext(ROOT_CONTEXT, { ...parent, traceFlags: TraceFlags.SAMPLED, isRemote: true });
}
