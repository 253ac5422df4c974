/** The client against a server that answers as it is told: what ARM does on its worse days. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { laptopCertificate } from '#local/certificates/certificate.ts';
import { createMlPlatform } from '#shared/adapters/azure-ml/azure-ml-platform.ts';
import { withTraffic } from '#shared/domain/run/traffic.ts';
import type { EndpointView, MlPlatform } from '#shared/ports/ml-platform.ts';

interface Told {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const folder = mkdtempSync(join(tmpdir(), 'whence-arm-'));
const workspaceId = '/subscriptions/s/workspaces/w';
let server: Server;
let url: string;
let ml: MlPlatform;
/** What is answered next; the last one again and again. */
let answers: Told[] = [];
let asked: string[] = [];
/** Bodies of the requests. */
let sent: unknown[] = [];

beforeAll(async () => {
  const { cert, key } = await laptopCertificate(folder);
  setDefaultCACertificates([...getCACertificates('bundled'), cert]);
  server = createServer({ cert, key }, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const { status, body, headers } = (answers.length > 1 ? answers.shift() : answers[0]) ?? { status: 500 };
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    void text(request).then((told) => {
      if (told !== '') sent.push(JSON.parse(told));
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  url = await listen(server);
  ml = createMlPlatform({
    url,
    workspaceId,
    apiVersion: '2024-10-01',
    credential: {
      getToken: async (scopes) => ({
        token: `token for ${String(scopes)}`,
        expiresOnTimestamp: Date.now() + 3_600_000,
      }),
    },
  });
});
beforeEach(() => {
  [answers, asked, sent] = [[], [], []];
});
afterAll(async () => {
  await close(server);
  rmSync(folder, { recursive: true, force: true });
});

function listen(listener: Server | ReturnType<typeof createHttpServer>): Promise<string> {
  return new Promise((resolve) => {
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address();
      resolve(`https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
    });
  });
}

function close(listener: Server | ReturnType<typeof createHttpServer>): Promise<void> {
  return new Promise((resolve) => {
    listener.close(() => resolve());
    listener.closeAllConnections();
  });
}

const job = { status: 200, body: { name: 'j', properties: { status: 'Running', tags: { 'whence.owner': 'me' } } } };
const body = { properties: { tags: { 'whence.owner': 'me' } } };

describe('an answer that passes', () => {
  it('is waited for as long as it says', async () => {
    answers = [
      { status: 429, headers: { 'retry-after-ms': '1' } },
      { status: 503, headers: { 'retry-after-ms': '1' } },
      job,
    ];
    expect((await ml.job('j'))?.state).toBe('running');
    expect(asked).toEqual(Array(3).fill(`GET ${workspaceId}/jobs/j?api-version=2024-10-01`));
  });

  it.each([429, 500, 502, 503])(
    'of %i at last is told as one',
    async (status) => {
      answers = [
        { status, headers: { 'retry-after-ms': '1' }, body: { error: { code: 'Busy', message: 'Come back later.' } } },
      ];
      await expect(ml.job('j')).rejects.toMatchObject({
        code: 'azure-ml.unavailable',
        isTransient: true,
        details: { status, armCode: 'Busy' },
      });
    },
    30_000,
  );

  it('is that another operation goes on', async () => {
    answers = [{ status: 409, body: { error: { code: 'Conflict', message: 'Already running.' } } }];
    await expect(ml.putEndpoint('strikes', {})).rejects.toMatchObject({
      code: 'azure-ml.unavailable',
      isTransient: true,
    });
  });

  it('is none at all', async () => {
    const nobody = createMlPlatform({
      url: 'https://127.0.0.1:1',
      workspaceId,
      apiVersion: '2024-10-01',
      credential: { getToken: async () => ({ token: 'x', expiresOnTimestamp: Date.now() + 3_600_000 }) },
    });
    await expect(nobody.job('j')).rejects.toMatchObject({ code: 'azure-ml.unavailable', isTransient: true });
  }, 30_000);
});

describe('an answer that stays', () => {
  it.each([
    [400, { error: { code: 'UserError', message: 'Bad body.' } }, /Bad body\. \(400, UserError\)/],
    [403, { error: { code: 'AuthorizationFailed', message: 'No role.' } }, /No role\. \(403, AuthorizationFailed\)/],
    [403, '<html>A proxy says no.</html>', /A proxy says no/],
  ])('of %i is told with the words of ARM', async (status, told, message) => {
    answers = [{ status, body: told }];
    const refusal = ml.putEndpoint('strikes', {});
    await expect(refusal).rejects.toMatchObject({ code: 'azure-ml.refused', isTransient: false });
    await expect(refusal).rejects.toThrow(message);
    expect(asked).toHaveLength(1);
  });
});

describe('a job', () => {
  it('is ours if a lost answer made it: the retry finds it', async () => {
    answers = [{ status: 404 }, { status: 409, body: { error: { code: 'Conflict', message: 'There.' } } }, job];
    expect(await ml.submitJob('j', body)).toBe('exists');
  });

  it.each([
    ['NotStarted', 'queued'],
    ['Preparing', 'queued'],
    ['Finalizing', 'running'],
    ['NotResponding', 'running'],
    ['CancelRequested', 'canceling'],
    ['Completed', 'completed'],
    ['Failed', 'failed'],
    ['Canceled', 'canceled'],
    ['Dreaming', 'unknown'],
  ])('that is %s is %s', async (status, state) => {
    answers = [
      {
        status: 200,
        body: { name: 'j', properties: { status, services: { Studio: { endpoint: 'https://ml.azure.com/runs/j' } } } },
      },
    ];
    expect(await ml.job('j')).toEqual({
      name: 'j',
      state,
      rawStatus: status,
      tags: {},
      outputs: {},
      studioUrl: 'https://ml.azure.com/runs/j',
    });
  });
});

describe('the token for ARM', () => {
  it('goes to ARM only, whatever a list links to', async () => {
    answers = [{ status: 200, body: { value: [{ name: 'a', properties: {} }], nextLink: 'https://example.com/more' } }];
    await expect(ml.deployments('strikes')).rejects.toMatchObject({ code: 'azure-ml.refused' });
  });

  it('follows links within ARM', async () => {
    answers = [
      { status: 200, body: { value: [{ name: 'a', properties: {} }], nextLink: `${url}/next?page=2` } },
      { status: 200, body: { value: [{ name: 'b', properties: {} }] } },
    ];
    expect((await ml.deployments('strikes')).map(({ name }) => name)).toEqual(['a', 'b']);
    expect(asked[1]).toBe('GET /next?page=2');
  });

  it('cannot be led elsewhere by a name', async () => {
    answers = [{ status: 404 }];
    expect(await ml.endpoint('../../x?y')).toBeUndefined();
    expect(asked).toEqual([`GET ${workspaceId}/onlineEndpoints/..%2F..%2Fx%3Fy?api-version=2024-10-01`]);
  });
});

describe('the identity of an endpoint', () => {
  const id = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-endpoint';
  const readOnly = { principalId: 'p', clientId: 'c' };

  it.each([
    [
      { type: 'UserAssigned', userAssignedIdentities: { [id]: readOnly } },
      { type: 'UserAssigned', userAssignedIdentities: { [id]: {} } },
    ],
    [{ type: 'SystemAssigned', principalId: 'p', tenantId: 't' }, { type: 'SystemAssigned' }],
    [
      {
        type: 'SystemAssigned, UserAssigned',
        principalId: 'p',
        tenantId: 't',
        userAssignedIdentities: { [id]: readOnly },
      },
      { type: 'SystemAssigned, UserAssigned', userAssignedIdentities: { [id]: {} } },
    ],
    [undefined, undefined],
  ])('%j is kept by a PUT of the traffic, without what the service writes', async (identity, sentIdentity) => {
    const properties = { authMode: 'AADToken', traffic: { blue: 100 } };
    answers = [{ status: 200, body: { name: 'strikes', location: 'westus', identity, properties } }];
    const view = await ml.endpoint('strikes');
    await ml.putEndpoint('strikes', withTraffic(view?.body ?? {}, { green: 100 }));
    expect(sent.at(-1)).toEqual({
      location: 'westus',
      ...(sentIdentity === undefined ? {} : { identity: sentIdentity }),
      properties: { authMode: 'AADToken', traffic: { green: 100 } },
    });
  });
});

describe('a scoring request', () => {
  const endpoint = (scoringUri: string): EndpointView => ({
    name: 'strikes',
    provisioning: 'succeeded',
    traffic: {},
    tags: {},
    scoringUri,
    body: { properties: { authMode: 'AADToken' } },
  });

  it('is not sent in the clear to another machine', async () => {
    await expect(ml.score(endpoint('http://example.com/score'), { body: {} })).rejects.toMatchObject({
      code: 'azure-ml.refused',
    });
  });

  it('shows a token for Azure ML, and follows no redirection with it', async () => {
    const seen: (string | undefined)[] = [];
    const scoring = createHttpServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(307, { location: 'https://example.com/score' }).end();
    });
    const at = (await listen(scoring)).replace('https:', 'http:');
    await expect(ml.score(endpoint(`${at}/score`), { body: {} })).rejects.toMatchObject({
      code: 'azure-ml.unavailable',
    });
    expect(seen).toEqual(['Bearer token for https://ml.azure.com/.default']);
    await close(scoring);
  });

  it('gets text where the answer is no JSON', async () => {
    const scoring = createHttpServer((_, response) => response.writeHead(502).end('bad gateway'));
    const at = (await listen(scoring)).replace('https:', 'http:');
    expect(await ml.score(endpoint(`${at}/score`), { body: {} })).toEqual({ status: 502, body: 'bad gateway' });
    await close(scoring);
  });

  it.each(['Key', 'AMLToken'])(
    'is not sent with %s: neither a key nor a token of Azure ML is asked for',
    async (authMode) => {
      const asking = ml.score({ ...endpoint(`${url}/score`), body: { properties: { authMode } } }, { body: {} });
      await expect(asking).rejects.toMatchObject({ code: 'azure-ml.endpoint-authentication', isTransient: false });
      await expect(asking).rejects.toThrow(new RegExp(`strikes .*${authMode}.*aad_token`));
      expect(asked).toEqual([]);
    },
  );

  it('needs an address', async () => {
    const { scoringUri: _scoringUri, ...without } = endpoint('');
    await expect(ml.score(without, { body: {} })).rejects.toMatchObject({
      code: 'azure-ml.unavailable',
      isTransient: true,
    });
  });
});
