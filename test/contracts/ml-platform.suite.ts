/** What every implementation of the port `MlPlatform` does. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ArmBody, EndpointView, MlPlatform } from '#shared/ports/ml-platform.ts';

/** An implementation, and how bodies for it are made. */
export interface MlPlatformSubject extends AsyncDisposable {
  readonly platform: MlPlatform;
  /** Body of a job that runs a shell command: `true`, `exit <n>` or `sleep <n>`. */
  job(command: string, owner: string): Promise<ArmBody>;
  /** Body of a job that nobody can run. */
  impossibleJob(): Promise<ArmBody>;
  /** Body of an endpoint without traffic. */
  endpoint(owner: string): ArmBody;
  /** Body of a deployment that answers `{ name }`, or never gets ready. */
  deployment(name: string, health: 'healthy' | 'sick'): Promise<ArmBody>;
}

const SOON = { timeout: 20_000, interval: 50 };
const ENDPOINT = 'contract';

/** Runs the suite. */
export function mlPlatformSuite(name: string, open: () => Promise<MlPlatformSubject>): void {
  describe(`MlPlatform: ${name}`, () => {
    let subject: MlPlatformSubject;
    let ml: MlPlatform;

    beforeAll(async () => {
      subject = await open();
      ml = subject.platform;
    });
    afterAll(async () => {
      await subject[Symbol.asyncDispose]();
    });

    const state = async (job: string): Promise<string | undefined> => (await ml.job(job))?.state;
    const view = async (): Promise<EndpointView> => {
      const found = await ml.endpoint(ENDPOINT);
      if (found === undefined) throw new Error('The endpoint is not there.');
      return found;
    };
    const setTraffic = async (traffic: Readonly<Record<string, number>>): Promise<void> => {
      const { body } = await view();
      await ml.putEndpoint(ENDPOINT, { ...body, properties: { ...(body['properties'] as object), traffic } });
      await expect.poll(async () => (await view()).provisioning, SOON).toBe('succeeded');
    };
    const deploy = async (deployment: string, health: 'healthy' | 'sick'): Promise<void> => {
      await ml.putDeployment(ENDPOINT, deployment, await subject.deployment(deployment, health));
      const expected = health === 'healthy' ? 'succeeded' : 'failed';
      await expect.poll(async () => (await ml.deployment(ENDPOINT, deployment))?.provisioning, SOON).toBe(expected);
    };

    describe('a job', () => {
      it('is submitted once, however often it is asked for, and by one owner', async () => {
        expect(await ml.job('once')).toBeUndefined();
        expect(await ml.submitJob('once', await subject.job('sleep 60', 'me'))).toBe('submitted');
        expect(await ml.submitJob('once', await subject.job('sleep 60', 'me'))).toBe('exists');
        await expect(ml.submitJob('once', await subject.job('sleep 60', 'another'))).rejects.toMatchObject({
          code: 'azure-ml.name-taken',
        });
        await expect(ml.submitJob('once', await subject.job('true', 'another'))).rejects.toMatchObject({
          code: 'azure-ml.name-taken',
        });
        await expect(
          ml.submitJob('once', await subject.job('true', 'me')),
          'whoever was first may have written any owner',
        ).rejects.toMatchObject({ code: 'azure-ml.name-taken', isTransient: false });
        expect((await ml.job('once'))?.tags).toEqual({ 'whence.owner': 'me' });
      });

      it('runs until it is canceled; asking again is no error', async () => {
        await expect.poll(() => state('once'), SOON).toBe('running');
        await ml.cancelJob('once');
        await expect.poll(() => state('once'), SOON).toBe('canceled');
        await ml.cancelJob('once');
        await ml.cancelJob('nobody');
        expect(await state('once')).toBe('canceled');
        expect(
          await ml.submitJob('once', await subject.job('sleep 60', 'me')),
          'a canceled job is not started again',
        ).toBe('exists');
        expect(await state('once')).toBe('canceled');
      });

      it('that succeeds tells where its outputs are', async () => {
        await ml.submitJob('good', await subject.job('true', 'me'));
        await expect.poll(() => state('good'), SOON).toBe('completed');
        expect((await ml.job('good'))?.outputs).toEqual({ out: 'azureml://datastores/store/paths/out/' });
        await ml.cancelJob('good');
        expect(await ml.job('good')).toMatchObject({ name: 'good', state: 'completed', rawStatus: 'Completed' });
      });

      it('that fails says so', async () => {
        await ml.submitJob('bad', await subject.job('exit 3', 'me'));
        await expect.poll(() => state('bad'), SOON).toBe('failed');
      });

      it('that cannot run is refused, which no retry changes', async () => {
        const refusal = ml.submitJob('impossible', await subject.impossibleJob());
        await expect(refusal).rejects.toMatchObject({ code: 'azure-ml.refused', isTransient: false });
        expect(await ml.job('impossible')).toBeUndefined();
      });
    });

    describe('an asset version', () => {
      it('is created once, by one owner, and keeps what it said first', async () => {
        const body = (owner: string, path: string): ArmBody => ({
          properties: {
            dataType: 'uri_folder',
            dataUri: `azureml://datastores/store/paths/${path}/`,
            tags: { 'whence.owner': owner },
          },
        });
        expect(await ml.assetVersion('data', 'rows', '1')).toBeUndefined();
        const { outcome, view: made } = await ml.putAssetVersion('data', 'rows', '1', body('me', 'a'));
        expect(outcome).toBe('created');
        expect(made).toMatchObject({
          id: ml.assetId('data', 'rows', '1'),
          name: 'rows',
          version: '1',
          tags: { 'whence.owner': 'me' },
        });
        const again = await ml.putAssetVersion('data', 'rows', '1', body('me', 'a'));
        expect(again.outcome).toBe('exists');
        await expect(
          ml.putAssetVersion('data', 'rows', '1', body('me', 'b')),
          'whoever was first may have written any owner',
        ).rejects.toMatchObject({ code: 'azure-ml.name-taken', isTransient: false });
        expect(again.view.body).toMatchObject({ properties: { dataUri: 'azureml://datastores/store/paths/a/' } });
        await expect(ml.putAssetVersion('data', 'rows', '1', body('another', 'a'))).rejects.toMatchObject({
          code: 'azure-ml.name-taken',
        });
        expect((await ml.putAssetVersion('data', 'rows', '2', body('another', 'a'))).outcome).toBe('created');
      });

      it('has an id below the workspace', () => {
        const id = ml.assetId('models', 'm', '3');
        expect(id).toMatch(/^\/subscriptions\/.+\/workspaces\/[^/]+\/models\/m\/versions\/3$/);
        expect(ml.computeId('cpu')).toBe(id.replace('models/m/versions/3', 'computes/cpu'));
      });
    });

    describe('an endpoint', () => {
      it('is created without traffic and settles', async () => {
        expect(await ml.endpoint(ENDPOINT)).toBeUndefined();
        await ml.putEndpoint(ENDPOINT, subject.endpoint('me'));
        await expect.poll(async () => (await ml.endpoint(ENDPOINT))?.provisioning, SOON).toBe('succeeded');
        expect(await view()).toMatchObject({ name: ENDPOINT, traffic: {}, tags: { 'whence.owner': 'me' } });
        expect(await ml.deployments(ENDPOINT)).toEqual([]);
        expect((await ml.score(await view(), { body: {} })).status).toBe(503);
      });

      it('has a deployment asked by name before it has traffic', async () => {
        expect(await ml.deployment(ENDPOINT, 'blue')).toBeUndefined();
        await deploy('blue', 'healthy');
        expect(await ml.score(await view(), { deployment: 'blue', body: {} })).toEqual({
          status: 200,
          body: { name: 'blue' },
          deployment: 'blue',
        });
        expect((await ml.score(await view(), { body: {} })).status).toBe(503);
        expect((await ml.score(await view(), { deployment: 'nobody', body: {} })).status).toBe(404);
      });

      it('moves its traffic from one deployment to another, keeping everything else', async () => {
        await setTraffic({ blue: 100 });
        expect((await view()).traffic).toEqual({ blue: 100 });
        expect(await ml.score(await view(), { body: {} })).toMatchObject({ status: 200, deployment: 'blue' });
        await deploy('green', 'healthy');
        expect((await ml.score(await view(), { body: {} })).deployment).toBe('blue');
        await setTraffic({ green: 100 });
        expect(await ml.score(await view(), { body: {} })).toMatchObject({
          status: 200,
          body: { name: 'green' },
          deployment: 'green',
        });
        expect((await view()).tags).toEqual({ 'whence.owner': 'me' });
        expect((await view()).body['identity']).toEqual(subject.endpoint('me')['identity']);
      });

      it('lists all its deployments, over pages', async () => {
        await deploy('grey', 'healthy');
        expect((await ml.deployments(ENDPOINT)).map((one) => one.name).toSorted()).toEqual(['blue', 'green', 'grey']);
        expect(await ml.deployments('nobody')).toEqual([]);
      });

      it('refuses traffic that does not sum up, or to what is not there', async () => {
        await expect(setTraffic({ green: 90 })).rejects.toMatchObject({ code: 'azure-ml.refused' });
        await expect(setTraffic({ purple: 100 })).rejects.toMatchObject({ code: 'azure-ml.refused' });
        expect((await view()).traffic).toEqual({ green: 100 });
      });

      it('keeps a deployment with traffic, and lets one without go', async () => {
        await expect(ml.deleteDeployment(ENDPOINT, 'green')).rejects.toMatchObject({ code: 'azure-ml.refused' });
        await ml.deleteDeployment(ENDPOINT, 'blue');
        await expect.poll(() => ml.deployment(ENDPOINT, 'blue'), SOON).toBeUndefined();
        await ml.deleteDeployment(ENDPOINT, 'blue');
        expect((await ml.score(await view(), { body: {} })).deployment).toBe('green');
      });

      it('tells why a deployment did not get ready', async () => {
        await deploy('sick', 'sick');
        expect(await ml.deploymentLogs(ENDPOINT, 'sick', 5)).toMatch(/before it was ready/);
        await expect(setTraffic({ sick: 100 })).rejects.toMatchObject({ code: 'azure-ml.refused' });
        expect((await ml.score(await view(), { body: {} })).deployment).toBe('green');
      });

      it('does not disturb a deployment that is put again as it is', async () => {
        await ml.putDeployment(ENDPOINT, 'green', await subject.deployment('green', 'healthy'));
        expect(await ml.deployment(ENDPOINT, 'green')).toMatchObject({
          provisioning: 'succeeded',
          tags: { 'whence.owner': 'green' },
        });
      });
    });
  });
}
