/** Ends a scoring server that lives and does not answer, so that it is started again. */
import { durationMs } from './duration.ts';
import type { DeploymentBody } from './endpoint-body.ts';
import type { ScoringProcess } from './scoring-process.ts';

/** Where a probe says nothing. @source Azure ML YAML, managed online deployments: liveness_probe */
const DEFAULTS = { initialDelayMs: 10_000, periodMs: 10_000, timeoutMs: 2_000, failureThreshold: 30 };

/**
 * Watches a server by its deployment's liveness probe; without one it is not watched.
 *
 * @param url - of its liveness route
 * @returns what takes the place of `stop` of the server
 */
export function liveness(body: DeploymentBody, url: string, server: ScoringProcess): Pick<ScoringProcess, 'stop'> {
  const { livenessProbe: probe } = body.properties;
  if (probe === undefined || probe === null) return { stop: () => server.stop() };
  const ms = (text: string | null | undefined, byDefault: number): number =>
    typeof text === 'string' ? durationMs(text) : byDefault;
  const mostFailures = probe.failureThreshold ?? DEFAULTS.failureThreshold;
  let failures = 0;
  let timer: NodeJS.Timeout;
  const look = async (): Promise<void> => {
    const isAlive = await fetch(url, { signal: AbortSignal.timeout(ms(probe.timeout, DEFAULTS.timeoutMs)) }).then(
      (response) => response.ok,
      () => false,
    );
    failures = isAlive ? 0 : failures + 1;
    if (failures >= mostFailures) await server.stop();
    else timer = setTimeout(() => void look(), ms(probe.period, DEFAULTS.periodMs)).unref();
  };
  timer = setTimeout(() => void look(), ms(probe.initialDelay, DEFAULTS.initialDelayMs)).unref();
  void server.ended.then(() => clearTimeout(timer));
  return {
    stop: () => {
      clearTimeout(timer);
      return server.stop();
    },
  };
}
