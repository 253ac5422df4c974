/** What the app says of itself where something is wrong that a laptop cannot have wrong. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { ApiDependencies } from '#functions/api/route-handler.ts';
import { diagnose } from '#functions/diagnosis/diagnose.ts';
import type { CheckResult } from '#shared/contracts/api/diagnosis.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { MlPlatform } from '#shared/ports/ml-platform.ts';
import { Issuer } from '#test/api/issuer.ts';
import { ApiLab } from '#test/api/lab.ts';
import { FakeMlPlatform } from '#test/support/fake-ml-platform.ts';
import { MemoryMessageBus } from '#test/support/memory-message-bus.ts';

let issuer: Issuer;
let deps: ApiDependencies;
beforeAll(async () => {
  issuer = await Issuer.start();
  const lab = await ApiLab.open(issuer);
  deps = { ...lab.deps, bus: new MemoryMessageBus('data-events', 'ml-events', 'quarantine', 'pipeline-events') };
  for (const [store, container] of [
    [deps.data, 'landing'],
    [deps.mlBlobs, 'azureml'],
    [deps.state, 'whence-state'],
    [deps.data, 'data-versions'],
    [deps.mlBlobs, 'azureml-blobstore'],
    [deps.mlBlobs, 'whence-code'],
  ] as const)
    await store.putIfAbsent(container, 'a', Buffer.from('a'), 'text/plain');
});
afterAll(() => issuer[Symbol.asyncDispose]());

/** Azure ML with some answers changed. */
function changed(change: Partial<MlPlatform>): MlPlatform {
  return Object.assign(new FakeMlPlatform(), change);
}

/** What is not ok, with some dependencies changed. */
async function complaints(change: Partial<ApiDependencies>): Promise<readonly CheckResult[]> {
  const { checks } = await diagnose({ ...deps, ...change });
  return checks.filter(({ status }) => status !== 'ok');
}

const onAzure = (): Partial<ApiDependencies> => ({
  config: { ...deps.config, onAzure: true, WHENCE_TABLE_URL: 'https://sthost.table.core.windows.net/' },
});

test('where everything is right nothing is said', async () => {
  expect(await complaints({})).toEqual([]);
});

test('a name that leads to a public address fails in the private profile, and only there', async () => {
  const resolver = { resolve: async () => ['20.60.0.4'] };
  const found = await complaints({ ...onAzure(), resolver });
  expect(found.map(({ area, status }) => `${area} ${status}`)).toContain('network failed');
  expect(found[0]?.found).toContain('20.60.0.4: a public address');
  expect(found[0]?.fix).toContain('private DNS zone');
  expect(
    await complaints({ ...onAzure(), resolver, profile: { ...deps.profile, publicNetworkAccess: 'Enabled' } }),
  ).toEqual([]);
});

test('a name that nobody knows fails', async () => {
  const resolver = { resolve: () => Promise.reject(new Error('getaddrinfo ENOTFOUND stdata')) };
  expect((await complaints({ resolver }))[0]).toMatchObject({
    area: 'network',
    status: 'failed',
    found: expect.stringMatching(/ENOTFOUND/),
  });
});

test('an identity that is another one fails', async () => {
  const config = { ...deps.config, WHENCE_IDENTITY_CLIENT_ID: 'wanted' };
  expect(await complaints({ config })).toMatchObject([
    {
      area: 'identity',
      status: 'failed',
      found: 'It is c, not wanted.',
      fix: expect.stringMatching(/user-assigned identity/),
    },
  ]);
});

test('a message that nobody takes is worth a look', async () => {
  await deps.bus.send('ml-events', { messageId: 'm', body: {} });
  expect(await complaints({})).toMatchObject([
    { area: 'queues', status: 'warning', check: expect.stringMatching(/ml-events/) },
  ]);
});

test('a role that is missing is named, with what the service said', async () => {
  const bus = Object.assign(new MemoryMessageBus('data-events', 'ml-events', 'quarantine'), {});
  const found = await complaints({ bus });
  expect(found).toMatchObject([
    {
      area: 'queues',
      status: 'failed',
      check: 'sends to pipeline-events',
      fix: expect.stringMatching(/Data Sender on pipeline-events/),
    },
  ]);
  const ml = changed({
    endpoint: () =>
      Promise.reject(new WhenceError('azure-ml.refused', 'GET onlineEndpoints: AuthorizationFailed (403).')),
  });
  expect(
    await complaints({ ml, bus: new MemoryMessageBus('data-events', 'ml-events', 'quarantine', 'pipeline-events') }),
  ).toMatchObject([
    {
      area: 'azure-ml',
      status: 'failed',
      found: expect.stringMatching(/AuthorizationFailed/),
      fix: expect.stringMatching(/Whence Orchestrator/),
    },
  ]);
});

test('computes that are missing, that could not get their cores, or that may have none are worth a look', async () => {
  const bus = new MemoryMessageBus('data-events', 'ml-events', 'quarantine', 'pipeline-events');
  const profile = { ...deps.profile, compute: { cpu: 'cpu-cluster' } };
  expect(await complaints({ bus, profile })).toMatchObject([
    { area: 'azure-ml', status: 'warning', found: expect.stringMatching(/cpu-cluster, which is not there/) },
  ]);
  const cluster = { name: 'cpu', kind: 'AmlCompute', provisioning: 'succeeded', maxNodes: 2, problems: [] } as const;
  const sick = changed({ computes: async () => [{ ...cluster, problems: ['ClusterCoreQuotaReached'] }] });
  expect(await complaints({ bus, ml: sick })).toMatchObject([{ area: 'quota', found: 'cpu: ClusterCoreQuotaReached' }]);
  const none = changed({ computes: async () => [{ ...cluster, maxNodes: 0 }] });
  expect(await complaints({ bus, ml: none })).toMatchObject([{ area: 'quota', found: 'cpu may have no node' }]);
});
