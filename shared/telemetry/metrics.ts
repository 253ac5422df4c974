/**
 * Every metric that the app measures. Names and units follow OpenTelemetry; in Application Insights each is a row of
 * `AppMetrics` with `Name`, `Sum`, `Min`, `Max`, `ItemCount` and its dimensions in `Properties`.
 *
 * What is measured at the end of a run is measured at least once: an activity that is killed after it measured
 * measures again.
 *
 * @source OpenTelemetry semantic conventions, "Metrics: naming and units" (UCUM)
 */
export const metrics = {
  'whence.runs': { kind: 'counter', unit: '{run}', about: 'Runs that ended.', by: ['pipeline', 'status', 'code'] },
  'whence.step.duration': {
    kind: 'histogram',
    unit: 's',
    about: 'How long a step attempt took, with its waiting.',
    by: ['pipeline', 'stepName', 'status'],
  },
  'whence.data_to_service.duration': {
    kind: 'histogram',
    unit: 's',
    about: 'From the first arrival of a data window until its model serves.',
    by: ['pipeline'],
  },
  'whence.queue.age': {
    kind: 'histogram',
    unit: 's',
    about: 'How long a message was in its queue before it was handled.',
    by: ['queue'],
  },
  'whence.gate.verdicts': {
    kind: 'counter',
    unit: '{verdict}',
    about: 'Verdicts of gates.',
    by: ['pipeline', 'metric', 'verdict', 'reason'],
  },
  'whence.data.drift': {
    kind: 'histogram',
    unit: '1',
    about:
      'Population stability index of a column: the data of a run beside that of the run whose model served when it was compared.',
    by: ['pipeline', 'column'],
  },
  'whence.job.node_hours': {
    kind: 'counter',
    unit: 'h',
    about: 'Nodes times the time from a job’s submission to its end: the most that it can have used.',
    by: ['pipeline', 'stepName', 'compute'],
  },
  'whence.job.cost': {
    kind: 'counter',
    unit: '{currency}',
    about: 'Node hours times the price that the stage profile gives for the compute; not measured without one.',
    by: ['pipeline', 'stepName', 'compute'],
  },
} as const satisfies Record<string, MetricEntry>;

/** An entry of {@link metrics}: what it counts, its unit, and the facts that it is measured by. */
export interface MetricEntry {
  readonly kind: 'counter' | 'histogram';
  readonly unit: string;
  readonly about: string;
  readonly by: readonly string[];
}

/** Name of a metric. */
export type MetricName = keyof typeof metrics;

/** The facts that a metric is measured by. One that does not apply is left out. */
export type MetricFacts<Name extends MetricName> = {
  readonly [Fact in (typeof metrics)[Name]['by'][number]]?: string | undefined;
};
