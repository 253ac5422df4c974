import { expect, test } from 'vitest';

import { computeUse } from '#shared/domain/azure-ml/compute-use.ts';

test.each([
  ['a command job', { computeId: '/subscriptions/s/workspaces/w/computes/cpu' }, { compute: 'cpu', nodes: 1 }],
  ['a command job on nodes', { computeId: 'cpu', resources: { instanceCount: 4 } }, { compute: 'cpu', nodes: 4 }],
  ['a serverless job', { resources: { instanceType: 'Standard_D2' } }, { compute: 'serverless', nodes: 1 }],
  [
    'a sweep',
    { computeId: 'cpu', limits: { maxConcurrentTrials: 3 }, trial: { resources: { instanceCount: 2 } } },
    { compute: 'cpu', nodes: 6 },
  ],
  ['a pipeline job', { settings: { default_compute: 'cpu' }, jobs: {} }, { compute: 'cpu', nodes: 1 }],
])('what %s occupies', (_kind, properties, use) => {
  expect(computeUse({ properties })).toEqual(use);
});
