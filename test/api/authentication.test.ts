import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { routeContracts } from '#functions/api/routes.ts';
import { readConfig } from '#shared/config/read-config.ts';
import { roles } from '#shared/contracts/api/route-contract.ts';
import { isWhenceError } from '#shared/errors/whence-error.ts';

import { Issuer, type TokenWish } from './issuer.ts';
import { ApiLab } from './lab.ts';

let issuer: Issuer;
let api: ApiLab;

beforeAll(async () => {
  issuer = await Issuer.start();
  api = await ApiLab.open(issuer);
});
afterAll(() => issuer[Symbol.asyncDispose]());

const refused = { status: 401, body: { code: 'http.unauthenticated' } };

describe('a token', () => {
  test('that is as it must be opens the API', async () => {
    expect(await api.call('GET', 'v1/pipelines')).toMatchObject({ status: 200, body: { items: [] } });
  });

  test('is needed, and the answer says which kind', async () => {
    const answer = await api.call('GET', 'v1/pipelines', { token: null });
    expect(answer).toMatchObject(refused);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  test.each<[string, TokenWish]>([
    ['for another audience', { audience: 'api://other' }],
    ['of another issuer', { issuer: 'https://login.example.org' }],
    ['of another tenant', { tenant: '00000000-0000-4000-8000-000000000002' }],
    ['that has expired', { expiresIn: -120 }],
    ['that is not valid yet', { notBefore: 600 }],
    ['of version 1.0', { version: '1.0' }],
    ['without an object id', { objectId: '' }],
  ])('%s is refused', async (_what, wish) => {
    expect(await api.call('GET', 'v1/pipelines', { token: await issuer.token(wish) })).toMatchObject(refused);
  });

  test('signed by a stranger under the id of our key is refused', async () => {
    expect(await api.call('GET', 'v1/pipelines', { token: await issuer.forged() })).toMatchObject(refused);
  });

  test('without a signature is refused', async () => {
    const [, payload] = (await issuer.token()).split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    expect(await api.call('GET', 'v1/pipelines', { token: `${header}.${payload}.` })).toMatchObject(refused);
  });

  test.each(['', 'x', 'a.b.c', 'Bearer'])('that is the text %j is refused', async (token) => {
    expect(await api.call('GET', 'v1/pipelines', { token })).toMatchObject(refused);
  });

  test('that was changed after it was signed is refused', async () => {
    const [header, payload = '', signature] = (await issuer.token({ roles: ['reader'] })).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const more = Buffer.from(JSON.stringify({ ...claims, roles: ['operator'] })).toString('base64url');
    expect(await api.call('GET', 'v1/pipelines', { token: `${header}.${more}.${signature}` })).toMatchObject(refused);
  });
});

test('a key that appears is used, and tokens of the key that went are refused', async () => {
  await using own = await Issuer.start();
  const lab = await ApiLab.open(own);
  const before = await own.token();
  expect(await lab.call('GET', 'v1/pipelines', { token: before })).toMatchObject({ status: 200 });
  await own.rotate();
  const fresh = await ApiLab.open(own);
  expect(await fresh.call('GET', 'v1/pipelines', { token: await own.token() })).toMatchObject({ status: 200 });
  expect(await fresh.call('GET', 'v1/pipelines', { token: before })).toMatchObject(refused);
});

test('an issuer that does not answer is a passing fault, not a refusal', async () => {
  const own = await Issuer.start();
  const lab = await ApiLab.open(own);
  const token = await own.token();
  await own[Symbol.asyncDispose]();
  expect(await lab.call('GET', 'v1/pipelines', { token })).toMatchObject({
    status: 503,
    body: { code: 'http.issuer-unavailable' },
  });
});

describe('a role', () => {
  const closed = routeContracts.flatMap((route) =>
    route.roles === 'none'
      ? []
      : roles.map((role) => ({ route, role, may: (route.roles as readonly string[]).includes(role) })),
  );
  test.each(closed)('$role at $route.name', async ({ route, role, may }) => {
    const path = route.path.replaceAll(/\{[^}]+\}/g, '0');
    const answer = await api.call(route.method, path, {
      token: await issuer.token({ roles: [role] }),
      ...(route.method === 'GET' ? {} : { body: {} }),
    });
    if (may) expect(answer.status).not.toBe(403);
    else expect(answer).toMatchObject({ status: 403, body: { code: 'http.forbidden', details: { has: [role] } } });
  });

  test('is needed: a token of the tenant alone opens nothing', async () => {
    const token = await issuer.token({ roles: ['Something.Else'] });
    expect(await api.call('GET', 'v1/pipelines', { token })).toMatchObject({ status: 403 });
  });

  test('is not needed for health and for the document, and health tells nothing secret', async () => {
    expect(await api.call('GET', 'v1/openapi.json', { token: null })).toMatchObject({ status: 200 });
    const health = await api.call('GET', 'health', { token: null });
    expect(health).toMatchObject({ status: 200, body: { status: 'ok', stage: 'local' } });
    expect(JSON.stringify(health.body)).not.toMatch(/127\.0\.0\.1|AccountKey|SharedAccessKey/);
  });
});

test('on Azure a development issuer, loopback addresses and connection strings are refused, all at once', () => {
  const local = {
    WEBSITE_INSTANCE_ID: 'azure',
    WHENCE_STAGE: 'local',
    WHENCE_AUTH_ISSUER: 'http://127.0.0.1:5000/tenant',
    WHENCE_STORAGE_CONNECTION: 'UseDevelopmentStorage=true',
  };
  let problems: unknown;
  try {
    readConfig(local);
  } catch (error) {
    problems = isWhenceError(error) ? error.details['problems'] : error;
  }
  expect(problems).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ setting: 'WHENCE_AUTH_ISSUER', problem: 'names this machine' }),
      expect.objectContaining({ setting: 'WHENCE_STORAGE_CONNECTION', problem: 'is for a laptop only' }),
    ]),
  );
});
