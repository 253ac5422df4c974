/** The identity stand-in, as the SDK and an API see it. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { getDevelopmentToken } from '#local/identity/get-token.ts';
import { startIdentity, type Identity } from '#local/identity/identity.ts';
import { createCredential } from '#shared/adapters/identity/credential.ts';

const TENANT = '00000000-0000-4000-8000-000000000001';
let folder: string;
let identity: Identity;
let nowMs: number | undefined;

const start = (): Promise<Identity> =>
  startIdentity({ folder, tenantId: TENANT, audience: 'api://whence', nowMs: () => nowMs ?? Date.now() });

beforeEach(async () => {
  nowMs = undefined;
  folder = mkdtempSync(join(tmpdir(), 'whence-identity-'));
  identity = await start();
});
afterEach(async () => {
  await identity.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function managed(
  query: string,
  header = identity.identityHeader,
): Promise<{ status: number; body: Record<string, string> }> {
  const response = await fetch(`${identity.endpoint}?${query}`, { headers: { 'x-identity-header': header } });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

const person = (name?: string): Promise<string> =>
  getDevelopmentToken({
    tokenUrl: identity.tokenUrl,
    secretFile: identity.secretFile,
    ...(name === undefined ? {} : { name }),
  });

describe('the managed identity', () => {
  it('gives the SDK a token for the resource that it asks for', async () => {
    process.env['IDENTITY_ENDPOINT'] = identity.endpoint;
    process.env['IDENTITY_HEADER'] = identity.identityHeader;
    const token = await createCredential(undefined).getToken('https://management.azure.com/.default');
    expect(token?.expiresOnTimestamp).toBeGreaterThan(Date.now() + 3_000_000);
    expect(decodeJwt(token?.token ?? '')).toMatchObject({
      aud: 'https://management.azure.com',
      iss: `https://sts.windows.net/${TENANT}/`,
      oid: identity.principalId,
      tid: TENANT,
    });
    expect(await identity.verify(token?.token ?? '', ['https://management.azure.com'])).toEqual({
      oid: identity.principalId,
    });
    await expect(identity.verify(token?.token ?? '', ['https://ml.azure.com'])).rejects.toThrow(/"aud"/);
  });

  it('answers only who shows the header, and only the version that it knows', async () => {
    expect((await managed('api-version=2019-08-01&resource=x', 'wrong')).status).toBe(401);
    expect((await managed('api-version=2017-09-01&resource=x')).body['error_description']).toMatch(/2019-08-01/);
    expect((await managed('api-version=2019-08-01')).status).toBe(400);
    expect((await managed('api-version=2019-08-01&resource=x')).body).toMatchObject({
      token_type: 'Bearer',
      resource: 'x',
    });
  });

  it('gives tokens that end after an hour', async () => {
    nowMs = Date.parse('2026-01-01T00:00:00Z');
    const { body } = await managed('api-version=2019-08-01&resource=x');
    expect(body['expires_on']).toBe(String(nowMs / 1_000 + 3_600));
    nowMs += 3_599_000;
    await identity.verify(body['access_token'] ?? '', ['x']);
    nowMs += 2_000;
    await expect(identity.verify(body['access_token'] ?? '', ['x'])).rejects.toThrow(/"exp"/);
  });
});

describe('the issuer for people', () => {
  it('gives tokens as Entra does, which its published keys verify', async () => {
    const configuration = (await (await fetch(`${identity.issuer}/.well-known/openid-configuration`)).json()) as Record<
      string,
      string
    >;
    expect(configuration).toMatchObject({ issuer: identity.issuer, jwks_uri: identity.jwksUrl });
    const keys = createRemoteJWKSet(new URL(configuration['jwks_uri'] ?? ''));
    const { payload, protectedHeader } = await jwtVerify(await person('ada'), keys, {
      issuer: identity.issuer,
      audience: 'api://whence',
    });
    expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'JWT' });
    expect(payload).toMatchObject({
      ver: '2.0',
      tid: TENANT,
      preferred_username: 'ada@laptop',
      roles: ['reader', 'operator', 'publisher'],
    });
    expect(payload['oid']).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
  });

  it('tells people apart, and knows them again', async () => {
    const oid = async (name: string): Promise<unknown> => decodeJwt(await person(name))['oid'];
    expect(await oid('alexandra')).toBe(await oid('alexandra'));
    expect(await oid('alexandra')).not.toBe(await oid('alexander'));
  });

  it('gives the roles that are asked for, and no others', async () => {
    const { tokenUrl, secretFile } = identity;
    expect(decodeJwt(await getDevelopmentToken({ tokenUrl, secretFile, roles: ['reader'] }))['roles']).toEqual([
      'reader',
    ]);
    const secret = readFileSync(secretFile, 'utf8');
    const ask = (body: string, shown = secret): Promise<Response> =>
      fetch(tokenUrl, { method: 'POST', headers: { authorization: `Bearer ${shown}` }, body });
    expect((await ask('{"roles":["owner"]}')).status).toBe(400);
    expect((await ask('{"admin":true}')).status).toBe(400);
    expect((await ask(`{"name":"${'x'.repeat(20_000)}"}`)).status).toBe(400);
    expect((await ask('{}', 'guess')).status).toBe(401);
    expect((await ask('{}')).status).toBe(200);
  });

  it('keeps its secrets to their owner', () => {
    const modes = ['identity', 'identity/secret', 'identity/identity.json'].map(
      (name) => statSync(join(folder, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600, 0o600]);
  });

  it('serves nothing else', async () => {
    const response = await fetch(identity.tokenUrl);
    expect([response.status, await response.json()]).toEqual([404, expect.objectContaining({ error: 'not_served' })]);
  });
});

describe('keys', () => {
  const kids = async (): Promise<(string | undefined)[]> => {
    const { keys } = (await (await fetch(identity.jwksUrl)).json()) as { keys: { kid: string; d?: string }[] };
    expect(
      keys.every((key) => key.d === undefined),
      'no private part',
    ).toBe(true);
    return keys.map(({ kid }) => kid);
  };

  it('are rotated: the one before stays published, the one before that does not', async () => {
    const first = await person();
    await identity.rotateKeys();
    const second = await person();
    expect(await kids()).toEqual([second, first].map((token) => decodeProtectedHeader(token).kid));
    await identity.verify(first, ['api://whence']);
    await identity.rotateKeys();
    await identity.verify(second, ['api://whence']);
    await expect(identity.verify(first, ['api://whence'])).rejects.toThrow(/no applicable key/);
  });

  it('and secrets outlive a restart, rotated or not', async () => {
    const first = await person();
    await identity.rotateKeys();
    const [second, before, { identityHeader, principalId }] = [await person(), await kids(), identity];
    await identity.stop();
    identity = await start();
    expect(await kids()).toEqual(before);
    expect(identity).toMatchObject({ identityHeader, principalId });
    await identity.verify(first, ['api://whence']);
    await identity.verify(second, ['api://whence']);
    expect(decodeProtectedHeader(await person()).kid).toBe(before[0]);
  });
});
