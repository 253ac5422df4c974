/** Where jobs run, and how much of it there is: this machine. */
import { availableParallelism } from 'node:os';

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

/**
 * Answers a request for what the subscription uses of its quotas: the cores of this machine.
 *
 * @param running - jobs that run now
 * @source Azure ML REST, Usages - List
 */
export function answerUsages(context: WorkspaceContext, call: Call, running: number): Answer {
  const [, location, what, ...more] = call.segments;
  if (call.method !== 'GET' || location === undefined || what !== 'usages' || more.length > 0)
    throw notServed(`${call.method} ${call.segments.join('/')}`);
  const cores = {
    id: `${context.workspaceId}/usages/cores`,
    type: 'Microsoft.MachineLearningServices/workspaces/usages',
    unit: 'Count',
    name: { value: 'cores', localizedValue: 'Cores of this machine' },
    currentValue: Math.min(running, availableParallelism()),
    limit: availableParallelism(),
  };
  return page(call, [cores], context.pageSize, (one) => one);
}
