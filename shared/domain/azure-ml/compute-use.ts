import { isRecord } from '../is-record.ts';

/** What a job occupies while it runs. */
export interface ComputeUse {
  /** Name of the compute in the workspace, or `serverless`. */
  readonly compute: string;
  /** Nodes that it holds at most at one time. */
  readonly nodes: number;
}

/**
 * What a job occupies, read from its ARM body. Of a pipeline job only the compute is known: which steps run beside each
 * other, and on how many nodes, is Azure ML's to decide, so one node is counted.
 *
 * @param body - `{ properties }` as it is submitted
 * @source Azure ML REST, Jobs: `resources.instanceCount` of command jobs, `limits.maxConcurrentTrials` of sweeps,
 * `settings.default_compute` of pipelines
 */
export function computeUse(body: Readonly<Record<string, unknown>>): ComputeUse {
  const job = recordOf(body['properties']);
  const settings = recordOf(job['settings']);
  const id = job['computeId'] ?? settings['default_compute'];
  const trial = recordOf(job['trial']);
  const perTrial =
    positive(recordOf(job['resources'])['instanceCount']) * positive(recordOf(trial['resources'])['instanceCount']);
  return {
    compute: typeof id === 'string' && id !== '' ? (id.split('/').at(-1) ?? id) : 'serverless',
    nodes: perTrial * positive(recordOf(job['limits'])['maxConcurrentTrials']),
  };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function positive(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 1;
}
