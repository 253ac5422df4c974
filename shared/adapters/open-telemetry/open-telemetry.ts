import type { TokenCredential } from '@azure/identity';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  SimpleLogRecordProcessor,
  type LogRecordExporter,
} from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  SimpleSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';

import { RunIdGenerator } from '#shared/telemetry/run-id-generator.ts';
import { createTelemetry, type Telemetry } from '#shared/telemetry/telemetry.ts';

import { JsonLinesExporter } from './json-lines-exporter.ts';

/** Where telemetry goes. Without either, it goes nowhere and costs nothing. */
export interface TelemetryTarget {
  /** Application Insights; authenticated with the managed identity. */
  readonly connectionString?: string;
  readonly credential?: TokenCredential;
  /** A file of JSON lines, on a laptop; not used beside Application Insights. */
  readonly file?: string;
  readonly metricsEveryMs: number;
  /** Value of `deployment.environment.name`. */
  readonly stage: string;
}

/** @returns telemetry that is exported to the target */
export async function openTelemetry(target: TelemetryTarget): Promise<Telemetry> {
  const resource = resourceFromAttributes({ 'service.name': 'whence', 'deployment.environment.name': target.stage });
  const { spans, logs, metrics, immediate } = await exporters(target);
  const ids = new RunIdGenerator();
  const tracers = new BasicTracerProvider({
    resource,
    idGenerator: ids,
    spanProcessors: spans.map((one) => (immediate ? new SimpleSpanProcessor(one) : new BatchSpanProcessor(one))),
  });
  const loggers = new LoggerProvider({
    resource,
    processors: logs.map((one) =>
      immediate ? new SimpleLogRecordProcessor({ exporter: one }) : new BatchLogRecordProcessor({ exporter: one }),
    ),
  });
  const meters = new MeterProvider({
    resource,
    readers: metrics.map(
      (exporter) => new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: target.metricsEveryMs }),
    ),
  });
  return createTelemetry({
    tracer: tracers.getTracer('whence'),
    logger: loggers.getLogger('whence'),
    meter: meters.getMeter('whence'),
    ids,
    flush: async () => {
      await Promise.all([tracers.forceFlush(), loggers.forceFlush(), meters.forceFlush()]);
    },
  });
}

interface Exporters {
  readonly spans: readonly SpanExporter[];
  readonly logs: readonly LogRecordExporter[];
  readonly metrics: readonly PushMetricExporter[];
  readonly immediate: boolean;
}

async function exporters(target: TelemetryTarget): Promise<Exporters> {
  if (target.connectionString !== undefined) {
    const { AzureMonitorTraceExporter, AzureMonitorLogExporter, AzureMonitorMetricExporter } =
      await import('@azure/monitor-opentelemetry-exporter');
    const options = {
      connectionString: target.connectionString,
      ...(target.credential === undefined ? {} : { credential: target.credential }),
    };
    return {
      spans: [new AzureMonitorTraceExporter(options)],
      logs: [new AzureMonitorLogExporter(options)],
      metrics: [new AzureMonitorMetricExporter(options)],
      immediate: false,
    };
  }
  if (target.file === undefined) return { spans: [], logs: [], metrics: [], immediate: true };
  const exporter = new JsonLinesExporter(target.file);
  return { spans: [exporter.spans], logs: [exporter.logs], metrics: [exporter.metrics], immediate: true };
}
