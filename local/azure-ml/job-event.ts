import { randomUUID } from 'node:crypto';

import { sha256 } from '#shared/domain/digest.ts';

/**
 * The event that Azure ML raises when a job has ended: `RunCompleted`, or `RunStatusChanged` for failed ones. There is
 * none for canceled jobs.
 *
 * @param workspaceId - ARM id
 * @source azure-facts.md 4.1
 */
export function jobEvent(
  workspaceId: string,
  {
    job,
    experiment,
    status,
  }: { readonly job: string; readonly experiment: string; readonly status: 'Completed' | 'Failed' },
): Readonly<Record<string, unknown>> {
  const experimentId = uuidOf(`${workspaceId}/${experiment}`);
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: workspaceId,
    subject: `experiments/${experimentId}/runs/${job}`,
    type: `Microsoft.MachineLearningServices.${status === 'Completed' ? 'RunCompleted' : 'RunStatusChanged'}`,
    time: new Date().toISOString(),
    data: {
      experimentId,
      experimentName: experiment,
      runId: job,
      runType: null,
      runTags: {},
      runProperties: {},
      ...(status === 'Failed' ? { runStatus: 'failed' } : {}),
    },
  };
}

/** The same experiment has the same id. */
function uuidOf(text: string): string {
  const hex = sha256(text);
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
