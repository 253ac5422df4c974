/** The ARM side of the stand-in: callers, addresses, assets, lists and errors. */
import { request } from 'node:https';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LaptopLab, WORKSPACE } from './laptop-lab.ts';

let lab: LaptopLab;

beforeAll(async () => {
  lab = await LaptopLab.open({ pageSize: 2 });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  expect(lab.problems).toEqual([]);
});

/** A GET of the workspace with another token. */
async function withToken(token: string | undefined): Promise<{ status: number; code: string }> {
  const response = await fetch(`${lab.baseUrl}${WORKSPACE}?api-version=2024-10-01`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  const { error } = (await response.json()) as { error?: { code: string } };
  return { status: response.status, code: error?.code ?? '' };
}

describe('a caller', () => {
  it('shows a token for ARM', async () => {
    expect(await withToken(await lab.token('https://management.azure.com'))).toEqual({ status: 200, code: '' });
    expect(await withToken(await lab.token('https://management.azure.com/'))).toEqual({ status: 200, code: '' });
    expect(await withToken(undefined)).toEqual({ status: 401, code: 'AuthenticationFailed' });
    const wrong = { status: 401, code: 'InvalidAuthenticationToken' };
    expect(await withToken(await lab.token('https://storage.azure.com'))).toEqual(wrong);
    const [header, payload] = (await lab.token('https://management.azure.com')).split('.');
    expect(await withToken(`${header}.${payload}.AAAA`)).toEqual(wrong);
  });

  it('names an api-version, any that there is', async () => {
    expect((await lab.arm('GET', '', undefined, '2026-05-01')).status).toBe(200);
    expect((await lab.arm('GET', '', undefined, '2023-04-01-preview')).status).toBe(200);
    const none = await lab.arm('GET', '', undefined, 'latest');
    expect(none).toMatchObject({ status: 400, body: { error: { code: 'MissingApiVersionParameter' } } });
  });

  it('finds one workspace, in whatever case', async () => {
    const url = `${lab.baseUrl}${WORKSPACE.toLowerCase()}/DataStores/store?api-version=2024-10-01`;
    expect(await lab.arm('GET', url)).toMatchObject({ status: 200, body: { properties: { containerName: 'store' } } });
    const other = `${lab.baseUrl}${WORKSPACE}2/jobs?api-version=2024-10-01`;
    expect(await lab.arm('GET', other)).toMatchObject({ status: 404, body: { error: { code: 'ResourceNotFound' } } });
    expect((await lab.arm('GET', '/datastores/moon')).status).toBe(404);
  });

  it.each<[string, string, number]>([
    ['POST', '/jobs/x/resume', 501],
    ['DELETE', '/data/x/versions', 501],
    ['GET', '/schedules', 501],
    ['GET', '/batchEndpoints', 501],
    ['PATCH', '', 501],
    ['PUT', '/datastores/store', 501],
    ['GET', '/data/rows', 404],
    ['PATCH', '/models/m/versions/1', 501],
    ['POST', '/onlineEndpoints/nobody/regenerateKeys', 404],
    ['GET', '/jobs/nobody', 404],
    ['POST', '/jobs/nobody/cancel', 404],
    ['POST', '/onlineEndpoints/nobody/token', 404],
    ['GET', '/mfeOperationsStatus/nothing/x', 404],
    ['GET', '/jobs/a%2Fb', 400],
  ])('is told that %s %s is not served, or not there', async (method, path, status) => {
    const answer = await lab.arm(method, path);
    expect(answer.status).toBe(status);
    expect(answer.body.error?.message).not.toBe('');
    if (status === 501) expect(answer.body.error?.code).toBe('NotServedByLaptop');
  });

  it('is told of a body that is no JSON, no object, or too large', async () => {
    const token = await lab.token('https://management.azure.com');
    const put = (body: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const url = `${lab.baseUrl}${WORKSPACE}/jobs/x?api-version=2024-10-01`;
        const outgoing = request(url, { method: 'PUT', headers: { authorization: `Bearer ${token}` } }, (incoming) => {
          resolve(incoming.statusCode ?? 0);
          incoming.resume();
        });
        outgoing.on('error', reject);
        outgoing.end(body);
      });
    expect(await put('{')).toBe(400);
    expect(await put('[1]')).toBe(400);
    expect(await put('{}')).toBe(400);
    expect(await put(JSON.stringify('x'.repeat(4_000_001)))).toBe(413);
  });
});

describe('an asset version', () => {
  it.each([
    [
      'data',
      { dataType: 'uri_folder', dataUri: 'azureml://datastores/store/paths/a/' },
      { dataUri: 'azureml://datastores/store/paths/b/' },
    ],
    [
      'models',
      { modelType: 'custom_model', modelUri: 'azureml://datastores/store/paths/a/' },
      { modelUri: 'azureml://datastores/store/paths/b/' },
    ],
    [
      'codes',
      { codeUri: 'https://devstoreaccount1.blob.core.windows.net/c/a' },
      { codeUri: 'https://devstoreaccount1.blob.core.windows.net/c/b' },
    ],
    ['environments', { image: 'one' }, { image: 'two' }],
  ])('of %s is immutable but for its words and tags', async (kind, properties, other) => {
    const path = `/${kind}/thing/versions/1`;
    expect(await lab.arm('PUT', path, { properties: { ...properties, tags: { a: '1' } } })).toMatchObject({
      status: 201,
      body: {
        id: `${WORKSPACE}/${kind}/thing/versions/1`,
        name: '1',
        properties: { ...properties, provisioningState: 'Succeeded' },
      },
    });
    expect((await lab.arm('PUT', path, { properties: { ...properties, tags: { a: '2' } } })).status).toBe(200);
    expect((await lab.arm('GET', path)).body).toMatchObject({ properties: { ...properties, tags: { a: '2' } } });
    const changed = await lab.arm('PUT', path, { properties: { ...properties, ...other } });
    expect(changed).toMatchObject({ status: 409, body: { error: { message: expect.stringContaining('immutable') } } });
    expect((await lab.arm('GET', path)).body).toMatchObject({ properties });
    expect((await lab.arm('GET', `/${kind}/thing/versions/2`)).status).toBe(404);
  });

  it.each([
    ['/data/x/versions/1', { dataType: 'uri_folder' }, /dataUri/],
    ['/models/x/versions/1', {}, /modelUri/],
    ['/codes/x/versions/1', {}, /codeUri/],
    ['/environments/x/versions/1', {}, /image or a build context/],
  ])('at %s without what it is of is refused', async (path, properties, message) => {
    const answer = await lab.arm('PUT', path, { properties });
    expect(answer.status).toBe(400);
    expect(answer.body.error?.message).toMatch(message);
  });

  it('is listed page by page, newest first, by links that stand alone', async () => {
    for (const version of ['1', '2', '3', '4', '5'])
      await lab.put(`/data/many/versions/${version}`, {
        properties: { dataType: 'uri_folder', dataUri: `azureml://datastores/store/paths/${version}/` },
      });
    const pages: string[][] = [];
    let next: unknown = '/data/many/versions';
    while (typeof next === 'string') {
      const { body } = await lab.arm('GET', next);
      pages.push((body['value'] as { name: string }[]).map(({ name }) => name));
      next = body['nextLink'];
    }
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(pages.flat().toSorted()).toEqual(['1', '2', '3', '4', '5']);
    expect((await lab.arm('GET', '/data/many/versions?$top=1')).body['value']).toHaveLength(1);
  });
});

it('keeps its state over a restart', async () => {
  await lab.put('/data/kept/versions/1', {
    properties: { dataType: 'uri_file', dataUri: 'azureml://datastores/store/paths/k' },
  });
  await lab.stop();
  await lab.start();
  expect((await lab.arm('GET', '/data/kept/versions/1')).body).toMatchObject({ properties: { dataType: 'uri_file' } });
});
