/**
 * Microsoft's own client, npm `@azure/arm-machinelearning`, against the stand-in: the calls of its published samples
 * (`dist-esm/samples-dev`), with values that mean something.
 */
import { AzureMachineLearningWorkspaces } from '@azure/arm-machinelearning';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LaptopLab, SOON, WORKSPACE } from './laptop-lab.ts';

const GROUP = 'rg';
const NAME = 'ws';
let lab: LaptopLab;
let client: AzureMachineLearningWorkspaces;
/** Calls that are put off before they are answered. */
let putOff = 0;

beforeAll(async () => {
  lab = await LaptopLab.open({ pageSize: 2, putOff: () => (putOff-- > 0 ? 0 : undefined) });
  const credential = {
    getToken: async () => ({
      token: await lab.token('https://management.azure.com'),
      expiresOnTimestamp: Date.now() + 3_600_000,
    }),
  };
  const [, , subscription = ''] = WORKSPACE.split('/');
  client = new AzureMachineLearningWorkspaces(credential, subscription, { endpoint: lab.baseUrl });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  expect(lab.problems).toEqual([]);
});

async function all<One>(pages: AsyncIterable<One>): Promise<One[]> {
  const found: One[] = [];
  for await (const one of pages) found.push(one);
  return found;
}

const words = { description: 'a description', tags: { team: 'a' }, properties: { origin: 'test' } };

describe('assets', () => {
  const kinds = [
    [
      'data',
      () => client.dataVersions,
      () => client.dataContainers,
      { dataType: 'uri_file', dataUri: 'azureml://datastores/store/paths/a.csv' },
    ],
    [
      'model',
      () => client.modelVersions,
      () => client.modelContainers,
      {
        modelType: 'custom_model',
        modelUri: 'azureml://datastores/store/paths/m',
        flavors: { f: { data: { a: 'b' } } },
      },
    ],
    [
      'environment',
      () => client.environmentVersions,
      () => client.environmentContainers,
      { image: 'docker.io/tensorflow/serving:1', inferenceConfig: { scoringRoute: { path: '/score', port: 1 } } },
    ],
    ['code', () => client.codeVersions, () => client.codeContainers, { codeUri: 'https://account/folder' }],
    [
      'component',
      () => client.componentVersions,
      () => client.componentContainers,
      { componentSpec: { type: 'command', name: 'c', command: 'true', environment: 'azureml:e:1' } },
    ],
  ] as const;

  it.each(kinds)(
    '%s versions are made, read, listed in pages, filtered and deleted',
    async (kind, versionsOf, _containers, properties) => {
      const versions = versionsOf() as typeof client.dataVersions;
      const body = { properties: { ...words, ...properties } } as never;
      for (const version of ['1', '2', '3']) await versions.createOrUpdate(GROUP, NAME, kind, version, body);
      const again = await versions.createOrUpdate(GROUP, NAME, kind, '3', {
        properties: { ...words, ...properties, description: 'new' },
      } as never);
      expect(again).toMatchObject({ name: '3', properties: { description: 'new', isAnonymous: false } });
      expect(await versions.get(GROUP, NAME, kind, '3')).toMatchObject({
        id: expect.stringContaining(`/${kind === 'data' ? 'data' : `${kind}s`}/${kind}/versions/3`),
      });
      expect((await all(versions.list(GROUP, NAME, kind))).map(({ name }) => name)).toEqual(['3', '2', '1']);
      const some = await all(versions.list(GROUP, NAME, kind, { orderBy: 'createdtime asc', top: 1 }));
      expect(some[0]?.name).toBe('1');
      await versions.delete(GROUP, NAME, kind, '3');
      await expect(versions.get(GROUP, NAME, kind, '3')).rejects.toMatchObject({
        statusCode: 404,
        code: 'ResourceNotFound',
      });
    },
  );

  it.each(kinds)('%s containers know their versions', async (kind, _versions, containersOf) => {
    const containers = containersOf() as typeof client.modelContainers;
    expect(
      await containers.createOrUpdate(GROUP, NAME, 'empty', {
        properties: { ...words, ...(kind === 'data' ? { dataType: 'uri_file' } : {}) },
      }),
    ).toMatchObject({
      name: 'empty',
      properties: { description: 'a description', nextVersion: '1' },
    });
    expect(await containers.get(GROUP, NAME, kind)).toMatchObject({
      properties: { latestVersion: '2', nextVersion: '3' },
    });
    expect((await all(containers.list(GROUP, NAME))).map(({ name }) => name).toSorted()).toEqual(
      [kind, 'empty'].toSorted(),
    );
    await containers.delete(GROUP, NAME, 'empty');
    await expect(containers.get(GROUP, NAME, 'empty')).rejects.toMatchObject({ statusCode: 404 });
  });

  it('a version keeps what it is, and archived ones are listed on demand', async () => {
    const data = { dataType: 'uri_file', dataUri: 'azureml://datastores/store/paths/b.csv' } as const;
    await client.dataVersions.createOrUpdate(GROUP, NAME, 'kept', '1', { properties: { ...data } });
    await expect(
      client.dataVersions.createOrUpdate(GROUP, NAME, 'kept', '1', {
        properties: { ...data, dataUri: 'azureml://datastores/store/paths/c.csv' },
      }),
    ).rejects.toMatchObject({ statusCode: 409, code: 'UserError' });
    await client.dataVersions.createOrUpdate(GROUP, NAME, 'kept', '1', { properties: { ...data, isArchived: true } });
    expect(await all(client.dataVersions.list(GROUP, NAME, 'kept'))).toEqual([]);
    expect(await all(client.dataVersions.list(GROUP, NAME, 'kept', { listViewType: 'ArchivedOnly' }))).toHaveLength(1);
  });
});

describe('jobs', () => {
  it('are made, listed by type and tag, canceled and deleted', async () => {
    const environmentId = await lab.environment();
    const common = { ...words, experimentName: 'e', displayName: 'd', isArchived: false } as const;
    await client.jobs.createOrUpdate(GROUP, NAME, 'command', {
      properties: {
        ...common,
        jobType: 'Command',
        command: 'echo ${{inputs.word}} > ${{outputs.file}}',
        environmentId,
        computeId: 'cpu',
        identity: { identityType: 'AMLToken' },
        inputs: { word: { jobInputType: 'literal', value: 'hello', description: 'a word' } },
        outputs: {
          file: {
            jobOutputType: 'uri_file',
            mode: 'ReadWriteMount',
            uri: 'azureml://datastores/store/paths/o/file.txt',
          },
        },
        limits: { jobLimitsType: 'Command', timeout: 'PT5M' },
        distribution: { distributionType: 'TensorFlow', workerCount: 1, parameterServerCount: 0 },
        resources: { instanceCount: 1, instanceType: 'cpu', properties: { a: { b: null } } },
        services: { s: { jobServiceType: 'JupyterLab', port: 1, properties: { a: 'b' } } },
        environmentVariables: { A: 'b' },
      },
    });
    await expect
      .poll(async () => (await client.jobs.get(GROUP, NAME, 'command')).properties.status, SOON)
      .toBe('Completed');
    // The client drops `uri` of outputs (2.1.1), so the file is where Azure ML puts it by itself.
    expect(await lab.read('azureml', 'ExperimentRun/dcid.command/file/file')).toBe('hello\n');
    expect(await lab.log('command')).toContain('The service s (JupyterLab) is not started on a laptop.');

    await client.jobs.createOrUpdate(GROUP, NAME, 'sweep', {
      properties: {
        ...common,
        tags: { team: 'b' },
        jobType: 'Sweep',
        objective: { goal: 'Minimize', primaryMetric: 'loss' },
        samplingAlgorithm: { samplingAlgorithmType: 'Grid' },
        searchSpace: { x: ['choice', [[1]]] } as never,
        earlyTermination: { policyType: 'MedianStopping', delayEvaluation: 1, evaluationInterval: 1 },
        limits: { jobLimitsType: 'Sweep', maxConcurrentTrials: 1, maxTotalTrials: 1, trialTimeout: 'PT10S' },
        trial: {
          command: 'sleep 100',
          environmentId,
          distribution: { distributionType: 'Mpi', processCountPerInstance: 1 },
        },
      },
    });
    await expect
      .poll(async () => (await client.jobs.get(GROUP, NAME, 'sweep')).properties.status, SOON)
      .toBe('Running');
    const names = async (options?: object) =>
      (await all(client.jobs.list(GROUP, NAME, options))).map(({ name }) => name);
    expect(await names()).toEqual(['sweep', 'command']);
    expect(await names({ jobType: 'Sweep' })).toEqual(['sweep']);
    expect(await names({ tag: 'team=a' })).toEqual(['command']);
    await client.jobs.beginCancelAndWait(GROUP, NAME, 'sweep', { updateIntervalInMs: 20 });
    expect((await client.jobs.get(GROUP, NAME, 'sweep')).properties.status).toBe('Canceled');
    await client.jobs.beginDeleteAndWait(GROUP, NAME, 'sweep', { updateIntervalInMs: 20 });
    expect(await names()).toEqual(['command']);
  });

  it('of kinds that a laptop does not run are refused by name', async () => {
    const properties = {
      jobType: 'AutoML',
      taskDetails: { taskType: 'Forecasting', trainingData: { jobInputType: 'mltable', uri: 'u' } },
    } as never;
    await expect(client.jobs.createOrUpdate(GROUP, NAME, 'automl', { properties })).rejects.toMatchObject({
      statusCode: 501,
      message: expect.stringContaining('type AutoML'),
    });
  });
});

describe('endpoints and deployments', () => {
  it('are made, changed, asked, listed and deleted', async () => {
    const endpoint = {
      location: 'local',
      kind: 'Managed',
      identity: { type: 'SystemAssigned' },
      sku: { name: 'Default', capacity: 1, family: 'f', size: 's', tier: 'Free' },
      tags: {},
      properties: { authMode: 'Key', description: 'd', properties: { a: 'b' } },
    } as const;
    const fast = { updateIntervalInMs: 20 };
    const made = await client.onlineEndpoints.beginCreateOrUpdateAndWait(GROUP, NAME, 'scoring', endpoint, fast);
    expect(made.properties).toMatchObject({
      provisioningState: 'Succeeded',
      scoringUri: expect.stringContaining('http'),
    });

    const codeId = await lab.code('server', { 'server.mjs': SERVER });
    await lab.upload('store', { 'models/m/model.txt': 'm' });
    await lab.put('/models/m/versions/1', {
      properties: { modelType: 'custom_model', modelUri: 'azureml://datastores/store/paths/models/m' },
    });
    const deployment = {
      location: 'local',
      sku: { name: 'Default', capacity: 1 },
      properties: {
        endpointComputeType: 'Managed',
        codeConfiguration: { codeId, scoringScript: 'server.mjs' },
        environmentId: await lab.environment(),
        environmentVariables: { ANSWER: '42' },
        model: 'azureml:m:1',
        instanceType: 'Standard_DS3_v2',
        appInsightsEnabled: false,
        requestSettings: { requestTimeout: 'PT5S', maxConcurrentRequestsPerInstance: 1 },
        livenessProbe: {
          period: 'PT10S',
          initialDelay: 'PT1S',
          failureThreshold: 3,
          successThreshold: 1,
          timeout: 'PT2S',
        },
        scaleSettings: { scaleType: 'Default' },
      },
    } as const;
    await client.onlineDeployments.beginCreateOrUpdateAndWait(GROUP, NAME, 'scoring', 'blue', deployment, fast);
    await client.onlineDeployments.beginUpdateAndWait(
      GROUP,
      NAME,
      'scoring',
      'blue',
      { sku: { name: 'Default', capacity: 1 }, tags: { a: 'b' } } as never,
      fast,
    );
    expect(await client.onlineDeployments.get(GROUP, NAME, 'scoring', 'blue')).toMatchObject({
      tags: { a: 'b' },
      properties: { provisioningState: 'Succeeded' },
    });
    expect(await all(client.onlineDeployments.listSkus(GROUP, NAME, 'scoring', 'blue', { count: 1 }))).toHaveLength(1);
    expect(await all(client.onlineDeployments.list(GROUP, NAME, 'scoring'))).toHaveLength(1);
    expect(
      (
        await client.onlineDeployments.getLogs(GROUP, NAME, 'scoring', 'blue', {
          containerType: 'InferenceServer',
          tail: 5,
        })
      ).content,
    ).toContain('listening');

    await client.onlineEndpoints.beginCreateOrUpdateAndWait(
      GROUP,
      NAME,
      'scoring',
      { ...endpoint, properties: { ...endpoint.properties, traffic: { blue: 100 } } },
      fast,
    );
    await client.onlineEndpoints.beginUpdateAndWait(GROUP, NAME, 'scoring', { tags: { team: 'a' } }, fast);
    expect(
      await all(client.onlineEndpoints.list(GROUP, NAME, { tags: 'team=a', count: 1, orderBy: 'CreatedAtDesc' })),
    ).toMatchObject([{ name: 'scoring', properties: { traffic: { blue: 100 } } }]);

    const { primaryKey: key = '' } = await client.onlineEndpoints.listKeys(GROUP, NAME, 'scoring');
    const ask = (shown: string) =>
      fetch(made.properties.scoringUri ?? '', {
        method: 'POST',
        headers: { authorization: `Bearer ${shown}` },
        body: '{}',
      });
    expect(await (await ask(key)).text()).toBe('42');
    await client.onlineEndpoints.beginRegenerateKeysAndWait(GROUP, NAME, 'scoring', { keyType: 'Primary' }, fast);
    expect((await ask(key)).status).toBe(401);
    const { primaryKey: fresh = '' } = await client.onlineEndpoints.listKeys(GROUP, NAME, 'scoring');
    expect((await ask(fresh)).status).toBe(200);
    await expect(client.onlineEndpoints.getToken(GROUP, NAME, 'scoring')).rejects.toMatchObject({ statusCode: 400 });

    await expect(
      client.onlineDeployments.beginDeleteAndWait(GROUP, NAME, 'scoring', 'blue', fast),
    ).rejects.toMatchObject({ statusCode: 400, message: expect.stringContaining('traffic') });
    await client.onlineEndpoints.beginDeleteAndWait(GROUP, NAME, 'scoring', fast);
    await expect(client.onlineEndpoints.get(GROUP, NAME, 'scoring')).rejects.toMatchObject({ statusCode: 404 });
  });

  it('on Kubernetes are refused by name', async () => {
    const body = {
      location: 'l',
      properties: {
        endpointComputeType: 'Kubernetes',
        model: 'azureml:m:1',
        environmentId: 'e',
        codeConfiguration: { codeId: 'c', scoringScript: 's.mjs' },
      },
    } as never;
    await client.onlineEndpoints.beginCreateOrUpdateAndWait(
      GROUP,
      NAME,
      'k8s',
      { location: 'l', properties: { authMode: 'Key' } },
      { updateIntervalInMs: 20 },
    );
    await expect(
      client.onlineDeployments.beginCreateOrUpdateAndWait(GROUP, NAME, 'k8s', 'blue', body),
    ).rejects.toMatchObject({ message: expect.stringContaining('managed deployments only') });
  });
});

it('a call that is put off is made again', async () => {
  putOff = 2;
  await expect(client.workspaces.get(GROUP, NAME)).resolves.toMatchObject({ name: NAME });
});

const SERVER = `import { createServer } from 'node:http';
createServer((request, response) => response.end(request.url === '/' ? 'ready' : process.env.ANSWER)).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));`;
