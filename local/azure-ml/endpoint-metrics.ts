/** Metrics of online endpoints, as Azure Monitor gives them. */
import { invalid, notServed } from './arm-error.ts';
import { ok, type Answer, type Call } from './call.ts';

/** A request that was answered. */
interface Measured {
  readonly at: number;
  readonly deployment: string;
  readonly latencyMs: number;
}

/** Requests of an endpoint that are kept. */
const KEPT = 20_000;
const MINUTE_MS = 60_000;
/** Time that a call is about where it does not say. @source Azure Monitor REST, Metrics - List: one hour */
const DEFAULT_SPAN_MS = 60 * MINUTE_MS;
/** Longest time that a call may be about. */
const LONGEST_SPAN_MS = 24 * 60 * MINUTE_MS;

const percentile = (share: number) => (sorted: readonly number[]) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

/**
 * What is served, with what a minute of sorted latencies becomes; each has the dimension `deployment`.
 *
 * @source Azure Monitor, supported metrics of Microsoft.MachineLearningServices/workspaces/onlineEndpoints
 */
const metrics = new Map<string, { readonly unit: string; of(sorted: readonly number[]): number }>([
  ['RequestsPerMinute', { unit: 'Count', of: (sorted) => sorted.length }],
  ['RequestLatency', { unit: 'Milliseconds', of: mean }],
  ['RequestLatency_P50', { unit: 'Milliseconds', of: percentile(0.5) }],
  ['RequestLatency_P90', { unit: 'Milliseconds', of: percentile(0.9) }],
  ['RequestLatency_P95', { unit: 'Milliseconds', of: percentile(0.95) }],
  ['RequestLatency_P99', { unit: 'Milliseconds', of: percentile(0.99) }],
]);

/** Measures requests, in memory. */
export class EndpointMetrics {
  readonly #measured = new Map<string, Measured[]>();

  /** Takes a request that was answered. */
  add(endpoint: string, one: Measured): void {
    const all = this.#measured.get(endpoint) ?? [];
    all.push(one);
    if (all.length > KEPT) all.splice(0, all.length - KEPT);
    this.#measured.set(endpoint, all);
  }

  /**
   * Answers `…/providers/microsoft.insights/metrics` of an endpoint, minute by minute.
   *
   * @param id - ARM id of the endpoint
   * @source Azure Monitor REST, Metrics - List
   */
  answer(endpoint: string, id: string, { url: { searchParams } }: Call): Answer {
    const interval = searchParams.get('interval') ?? 'PT1M';
    if (interval !== 'PT1M') throw notServed(`The interval ${interval} (only PT1M)`);
    const [from, until] = spanOf(searchParams.get('timespan'));
    const byDeployment = /^deployment eq '([\w*-]+)'$/i.exec(searchParams.get('$filter') ?? "deployment eq '-'");
    if (byDeployment === null) throw notServed(`The filter ${searchParams.get('$filter') ?? ''}`);
    const asked = byDeployment[1] ?? '-';
    const names = (searchParams.get('metricnames') ?? 'RequestsPerMinute').split(',');
    const all = (this.#measured.get(endpoint) ?? []).filter(({ at }) => at >= from && at < until);
    const deployments = asked === '*' ? [...new Set(all.map(({ deployment }) => deployment))].toSorted() : [asked];
    return ok({
      cost: 0,
      timespan: `${new Date(from).toISOString()}/${new Date(until).toISOString()}`,
      interval,
      namespace: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints',
      resourceregion: 'local',
      value: names.map((name) => {
        const metric = metrics.get(name);
        if (metric === undefined) throw notServed(`The metric ${name} (only ${[...metrics.keys()].join(', ')})`);
        return {
          id: `${id}/providers/Microsoft.Insights/metrics/${name}`,
          type: 'Microsoft.Insights/metrics',
          name: { value: name, localizedValue: name },
          unit: metric.unit,
          timeseries: deployments.map((deployment) => ({
            metadatavalues: deployment === '-' ? [] : [{ name: { value: 'deployment' }, value: deployment }],
            data: byMinute(deployment === '-' ? all : all.filter((one) => one.deployment === deployment)).map(
              ([minute, sorted]) => ({ timeStamp: new Date(minute).toISOString(), average: metric.of(sorted) }),
            ),
          })),
          errorCode: 'Success',
        };
      }),
    });
  }
}

/** Sorted latencies of each minute that had requests. */
function byMinute(all: readonly Measured[]): readonly (readonly [number, readonly number[]])[] {
  const minutes = Map.groupBy(all, ({ at }) => Math.floor(at / MINUTE_MS) * MINUTE_MS);
  return [...minutes].map(([minute, some]) => [
    minute,
    some.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b),
  ]);
}

function spanOf(text: string | null): readonly [from: number, until: number] {
  if (text === null) return [Date.now() - DEFAULT_SPAN_MS, Date.now() + MINUTE_MS];
  const [from = Number.NaN, until = Number.NaN] = text.split('/').map((one) => Date.parse(one));
  if (!(from < until) || until - from > LONGEST_SPAN_MS)
    throw invalid(`"${text}" is no timespan of two moments, at most a day apart.`);
  return [from, until];
}
