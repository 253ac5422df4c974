import { appendFile } from 'node:fs/promises';

import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  DataPointType,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';

/** Result codes of exporters. @source @opentelemetry/core, ExportResultCode */
const SUCCESS = 0;
const FAILED = 1;

type Done = (result: { code: number; error?: Error }) => void;

/** Spans, logs and metrics as JSON lines in one file, for a laptop: one object a line, `kind` is `span`, `log` or `metric`. */
export class JsonLinesExporter {
  private readonly file: string;
  private tail: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.file = file;
  }

  /** The exporter of spans. */
  readonly spans: SpanExporter = {
    export: (spans, done) => this.write(spans.map(spanLine), done),
    shutdown: () => this.tail,
    forceFlush: () => this.tail,
  };

  /** The exporter of log records. */
  readonly logs: LogRecordExporter = {
    export: (records, done) => this.write(records.map(logLine), done),
    shutdown: () => this.tail,
    forceFlush: () => this.tail,
  };

  /** The exporter of metrics; a line is what was measured since the last one, as in Azure Monitor. */
  readonly metrics: PushMetricExporter = {
    export: (measured, done) => this.write(metricLines(measured), done),
    selectAggregationTemporality: () => AggregationTemporality.DELTA,
    shutdown: () => this.tail,
    forceFlush: () => this.tail,
  };

  private write(lines: readonly object[], done: Done): void {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    this.tail = this.tail.then(async () => {
      try {
        await appendFile(this.file, text, { mode: 0o600 });
        done({ code: SUCCESS });
      } catch (error) {
        done({ code: FAILED, error: error instanceof Error ? error : new Error(String(error)) });
      }
    });
  }
}

function spanLine(span: ReadableSpan): object {
  const { traceId, spanId } = span.spanContext();
  return {
    kind: 'span',
    name: span.name,
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    startedAt: isoTime(span.startTime),
    durationMs: span.duration[0] * 1_000 + span.duration[1] / 1e6,
    status: span.status,
    attributes: span.attributes,
  };
}

function logLine(record: ReadableLogRecord): object {
  return {
    kind: 'log',
    at: isoTime(record.hrTime),
    event: record.eventName,
    severity: record.severityText,
    message: record.body,
    traceId: record.spanContext?.traceId,
    attributes: record.attributes,
  };
}

function metricLines({ scopeMetrics }: ResourceMetrics): object[] {
  return scopeMetrics.flatMap(({ metrics }) =>
    metrics.flatMap((metric): object[] => {
      const about = { kind: 'metric', name: metric.descriptor.name, unit: metric.descriptor.unit };
      if (metric.dataPointType === DataPointType.SUM)
        return metric.dataPoints.map(({ value, attributes, endTime }) => ({
          ...about,
          at: isoTime(endTime),
          sum: value,
          attributes,
        }));
      if (metric.dataPointType === DataPointType.HISTOGRAM)
        return metric.dataPoints.map(({ value: { sum, min, max, count }, attributes, endTime }) => ({
          ...about,
          at: isoTime(endTime),
          sum,
          min,
          max,
          count,
          attributes,
        }));
      return [];
    }),
  );
}

function isoTime([seconds, nanoseconds]: readonly [number, number]): string {
  return new Date(seconds * 1_000 + nanoseconds / 1e6).toISOString();
}
