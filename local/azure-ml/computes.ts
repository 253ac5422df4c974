/** Where jobs run: this machine. */
import { notFound, notServed } from './arm-error.ts';
import { ok, page, type Answer, type Call } from './call.ts';
import type { WorkspaceContext } from './context.ts';

/** Name of the one compute. Jobs that name another run here too. */
const NAME = 'laptop';

/**
 * Answers a request for computes: a cluster that is this machine, whose nodes are the jobs that run at the same time.
 *
 * @source Azure ML REST, Compute - List
 */
export function answerComputes(context: WorkspaceContext, call: Call, maxNodeCount: number): Answer {
  const [, name, ...more] = call.segments;
  if (call.method !== 'GET' || more.length > 0) throw notServed(`${call.method} ${call.segments.join('/')}`);
  const compute = {
    id: `${context.workspaceId}/computes/${NAME}`,
    name: NAME,
    type: 'Microsoft.MachineLearningServices/workspaces/computes',
    location: 'local',
    properties: {
      computeType: 'AmlCompute',
      provisioningState: 'Succeeded',
      provisioningErrors: null,
      properties: { scaleSettings: { minNodeCount: 0, maxNodeCount }, errors: null },
    },
  };
  if (name === undefined) return page(call, [compute], context.pageSize, (one) => one);
  if (name !== NAME) throw notFound(`Compute ${name}`);
  return ok(compute);
}
