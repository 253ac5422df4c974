/** Online endpoints as real servers: provisioning, traffic, who may ask, and what happens when servers misbehave. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { LaptopLab, SOON } from './laptop-lab.ts';
import { scoringServer } from './scoring-server.ts';

let lab: LaptopLab;
let blue: Awaited<ReturnType<typeof scoringServer>>;
let green: Awaited<ReturnType<typeof scoringServer>>;
/** What the dice show next. */
let dice: number[] = [];

beforeAll(async () => {
  lab = await LaptopLab.open({ pageSize: 1, operationMs: 250, random: () => dice.shift() ?? 0 });
  [blue, green] = [await scoringServer(lab, 'blue'), await scoringServer(lab, 'green')];
  await lab.put('/environments/cuda/versions/1', { properties: { image: 'nvidia/cuda' } });
  await lab.endpoint('both', 'AADToken');
  await lab.deploy('both', 'blue', blue);
  await lab.deploy('both', 'green', green);
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  expect(lab.problems).toEqual([]);
});

const scoringToken = (): Promise<string> => lab.token('https://ml.azure.com');

describe('an endpoint', () => {
  it('is created by a long-running operation', async () => {
    const created = await lab.arm('PUT', '/onlineEndpoints/slowly', {
      location: 'local',
      properties: { authMode: 'Key' },
    });
    expect(created).toMatchObject({
      status: 201,
      body: { name: 'slowly', properties: { provisioningState: 'Creating', traffic: {} } },
    });
    expect(created.headers.get('retry-after')).toBe('1');
    const operation = created.headers.get('azure-asyncoperation') ?? '';
    expect((await lab.arm('GET', operation)).body['status']).toBe('InProgress');
    await expect.poll(async () => (await lab.arm('GET', operation)).body['status'], SOON).toBe('Succeeded');
    expect(await lab.scoringUri('slowly')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/score$/);
    const deleted = await lab.arm('DELETE', '/onlineEndpoints/slowly');
    expect(deleted.status).toBe(202);
    expect((await lab.arm('PUT', '/onlineEndpoints/slowly', { properties: { authMode: 'Key' } })).status).toBe(409);
    await expect.poll(async () => (await lab.arm('GET', deleted.headers.get('location') ?? '')).status, SOON).toBe(204);
    expect((await lab.arm('GET', '/onlineEndpoints/slowly')).status).toBe(404);
    expect((await lab.arm('DELETE', '/onlineEndpoints/slowly')).status).toBe(204);
  });

  it.each<[string, Record<string, unknown>, number, RegExp]>([
    ['no way to authenticate', {}, 400, /authMode/],
    ['a mirror that is not there', { authMode: 'Key', mirrorTraffic: { green: 10 } }, 400, /green is not there/],
    ['more than half mirrored', { authMode: 'Key', mirrorTraffic: { green: 51 } }, 400, /At most 50 %/],
    ['two mirrors', { authMode: 'Key', mirrorTraffic: { green: 10, blue: 10 } }, 400, /Only one/],
    [
      'a mirror with traffic of its own',
      { authMode: 'Key', traffic: { green: 100 }, mirrorTraffic: { green: 10 } },
      400,
      /green cannot mirror/,
    ],
    ['traffic that sums to 90', { authMode: 'Key', traffic: { green: 90 } }, 400, /sum to 90/],
    ['half a percent', { authMode: 'Key', traffic: { green: 99.5, blue: 0.5 } }, 400, /traffic\.green/],
    ['traffic to nobody', { authMode: 'Key', traffic: { purple: 100 } }, 400, /purple is not there/],
    ['a key that nobody honours', { authMode: 'Key', bundle: true }, 501, /properties\.bundle/],
  ])('is refused with %s', async (_, properties, status, message) => {
    const answer = await lab.arm('PUT', '/onlineEndpoints/both-not', { properties });
    expect(answer.body.error?.message).toMatch(message);
    expect(answer.status).toBe(status);
  });

  const id = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/own';

  it('has an identity, whose ids the service tells and takes back', async () => {
    const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const put = async (name: string, identity: unknown) =>
      lab.arm('PUT', `/onlineEndpoints/${name}`, { identity, properties: { authMode: 'AADToken' } });
    const system = await put('system', { type: 'SystemAssigned' });
    expect(system.body['identity']).toEqual({ type: 'SystemAssigned', principalId: uuid, tenantId: uuid });
    const own = { [id]: { principalId: uuid, clientId: uuid } };
    const user = await put('user', { type: 'UserAssigned', userAssignedIdentities: { [id]: {} } });
    expect(user.body['identity']).toEqual({ type: 'UserAssigned', userAssignedIdentities: own });
    expect((await put('user', user.body['identity'])).body['identity']).toEqual(user.body['identity']);
    const both = await put('system-user', {
      type: 'SystemAssigned,UserAssigned',
      userAssignedIdentities: { [id]: {} },
    });
    expect(both.body['identity']).toMatchObject({ principalId: uuid, userAssignedIdentities: own });
    expect((await put('unsaid', undefined)).body).not.toHaveProperty('identity');
  });

  it.each<[string, Record<string, unknown>, number, RegExp]>([
    ['of no known type', { type: 'Human' }, 400, /identity\.type/],
    ['of its own that is not named', { type: 'UserAssigned' }, 400, /names no user-assigned identity/],
    [
      'that it says it has not',
      { type: 'SystemAssigned', userAssignedIdentities: { [id]: {} } },
      400,
      /has no user-assigned identity/,
    ],
    ['that is none', { type: 'UserAssigned', userAssignedIdentities: { 'id-endpoint': {} } }, 400, /id-endpoint/],
    ['that nobody honours', { type: 'SystemAssigned', federated: true }, 501, /identity\.federated/],
  ])('is refused with an identity %s', async (_, identity, status, message) => {
    const answer = await lab.arm('PUT', '/onlineEndpoints/nobody-s', {
      identity,
      properties: { authMode: 'AADToken' },
    });
    expect(answer.body.error?.message).toMatch(message);
    expect(answer.status).toBe(status);
  });

  it('is refused under a name that is none, and its traffic by PATCH', async () => {
    expect((await lab.arm('PUT', '/onlineEndpoints/1x', { properties: { authMode: 'Key' } })).status).toBe(400);
    const patch = await lab.arm('PATCH', '/onlineEndpoints/both', { properties: { traffic: {} } });
    expect(patch).toMatchObject({ status: 501, body: { error: { code: 'NotServedByLaptop' } } });
  });
});

describe('traffic', () => {
  beforeEach(async () => {
    await lab.traffic('both', { blue: 90, green: 10 });
    dice = [];
  });

  it('is split by percent', async () => {
    dice = [0, 0.899, 0.9, 0.999];
    const token = await scoringToken();
    const answered: unknown[] = [];
    for (const _ of [1, 2, 3, 4]) answered.push((await lab.score('both', token)).body['name']);
    expect(answered).toEqual(['blue', 'blue', 'green', 'green']);
  });

  it('is passed by where a request names a deployment, and the answer says which it was', async () => {
    const answer = await lab.score('both', await scoringToken(), { deployment: 'green' });
    expect(answer).toMatchObject({
      status: 200,
      deployment: 'green',
      body: { name: 'green', model: 'weights of green', path: '/predict' },
    });
    expect((await lab.score('both', await scoringToken(), { deployment: 'purple' })).status).toBe(404);
  });

  it('holds only once the operation has ended', async () => {
    const { body } = await lab.arm('GET', '/onlineEndpoints/both');
    const properties = { ...(body['properties'] as object), traffic: { blue: 0, green: 100 } };
    const changed = await lab.arm('PUT', '/onlineEndpoints/both', { ...body, properties });
    expect(changed).toMatchObject({ status: 200, body: { properties: { provisioningState: 'Updating' } } });
    await expect.poll(() => lab.provisioning('/onlineEndpoints/both'), SOON).toBe('Succeeded');
    expect((await lab.score('both', await scoringToken())).body['name']).toBe('green');
  });

  it('to nobody is answered with 503', async () => {
    await lab.traffic('both', {});
    expect((await lab.score('both', await scoringToken())).status).toBe(503);
  });

  it('keeps a deployment from being deleted', async () => {
    const refused = await lab.arm('DELETE', '/onlineEndpoints/both/deployments/green');
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('has traffic') } },
    });
    expect((await lab.score('both', await scoringToken(), { deployment: 'green' })).status).toBe(200);
  });
});

describe('who asks', () => {
  it('shows a token of Entra for Azure ML where the endpoint wants one', async () => {
    expect((await lab.score('both', await scoringToken(), { deployment: 'blue' })).status).toBe(200);
    expect((await lab.score('both', await lab.token('https://management.azure.com'))).status).toBe(401);
    expect((await lab.score('both', 'nonsense')).status).toBe(401);
    expect((await fetch(await lab.scoringUri('both'), { method: 'POST' })).status).toBe(401);
    expect((await lab.arm('POST', '/onlineEndpoints/both/listKeys')).status).toBe(400);
    expect((await lab.arm('POST', '/onlineEndpoints/both/token')).status).toBe(501);
  });

  it('is not passed on: the server never sees the token', async () => {
    const { body } = await lab.score('both', await scoringToken(), { deployment: 'blue' });
    expect(body['sees']).not.toContain('authorization');
    expect(body['env']).not.toContain('IDENTITY_HEADER');
  });

  it('shows a key of the endpoint, or a token of Azure ML, where it wants those', async () => {
    await lab.endpoint('keys', 'Key');
    const keys = (await lab.arm('POST', '/onlineEndpoints/keys/listKeys')).body;
    for (const key of [keys['primaryKey'], keys['secondaryKey']])
      expect((await lab.score('keys', String(key))).status, 'let in, and nobody has traffic').toBe(503);
    expect((await lab.score('keys', `${String(keys['primaryKey'])}x`)).status).toBe(401);
    expect((await lab.arm('POST', '/onlineEndpoints/keys/token')).status).toBe(400);
    await lab.endpoint('tokens', 'AMLToken');
    const { accessToken } = (await lab.arm('POST', '/onlineEndpoints/tokens/token')).body;
    expect((await lab.score('tokens', String(accessToken))).status).toBe(503);
    const [, signature] = String(accessToken).split('.');
    expect((await lab.score('tokens', `9999999999.${signature}`)).status, 'a longer life is not to be had').toBe(401);
    expect((await lab.score('tokens', String(keys['primaryKey']))).status).toBe(401);
  });
});

describe('a deployment', () => {
  it('is listed page by page', async () => {
    const first = await lab.arm('GET', '/onlineEndpoints/both/deployments');
    expect(first.body['value']).toHaveLength(1);
    const second = await lab.arm('GET', String(first.body['nextLink']));
    const names = [first, second].flatMap(({ body }) => (body['value'] as { name: string }[]).map(({ name }) => name));
    expect(names.toSorted()).toEqual(['blue', 'green']);
    expect(second.body['nextLink']).toBeUndefined();
  });

  it('is not disturbed by a repeated PUT, even while it serves', async () => {
    const { body: before } = await lab.score('both', await scoringToken(), { deployment: 'blue' });
    const again = await lab.arm('PUT', '/onlineEndpoints/both/deployments/blue', blue);
    expect(again).toMatchObject({ status: 200, body: { properties: { provisioningState: 'Succeeded' } } });
    const { body: after } = await lab.score('both', await scoringToken(), { deployment: 'blue' });
    expect(after['pid']).toBe(before['pid']);
  });

  it('that does not get ready fails, says why, and gets no traffic', async () => {
    const path = '/onlineEndpoints/both/deployments/broken';
    const code = await lab.code('broken', {
      'server.mjs': 'console.log("looking"); throw new Error("no model here");',
    });
    const created = await lab.arm('PUT', path, {
      ...blue,
      properties: { ...blue.properties, codeConfiguration: { codeId: code, scoringScript: 'server.mjs' } },
    });
    expect(created.status).toBe(201);
    await expect.poll(() => lab.provisioning(path), SOON).toBe('Failed');
    const operation = await lab.arm('GET', created.headers.get('azure-asyncoperation') ?? '');
    expect(operation.body).toMatchObject({
      status: 'Failed',
      error: { message: expect.stringContaining('ended with 1 before it was ready') },
    });
    const logs = String((await lab.arm('POST', `${path}/getLogs`, { tail: 50 })).body['content']);
    expect(logs).toMatch(/^looking\n[^]*no model here[^]*before it was ready\.$/);
    expect(String((await lab.arm('POST', `${path}/getLogs`, { tail: 1 })).body['content']).split('\n')).toHaveLength(1);
    const { body } = await lab.arm('GET', '/onlineEndpoints/both');
    const properties = { ...(body['properties'] as object), traffic: { broken: 100 } };
    const refused = await lab.arm('PUT', '/onlineEndpoints/both', { ...body, properties });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('broken is Failed') } },
    });
    const deleted = await lab.arm('DELETE', path);
    expect(deleted.status).toBe(202);
    await expect.poll(async () => (await lab.arm('GET', path)).status, SOON).toBe(404);
  });

  it('answers 424 where its model answers with an error, with the status of the model beside it', async () => {
    const answer = await lab.score('both', await scoringToken(), { deployment: 'blue', status: 500 });
    expect([answer.status, answer.headers.get('ms-azureml-model-error-statuscode')]).toEqual([424, '500']);
  });

  it('answers 408 after its time limit', async () => {
    const answer = await lab.score('both', await scoringToken(), { deployment: 'blue', sleepMs: 4_000 });
    expect(answer.status).toBe(408);
  });

  it('is started again when its server ends', async () => {
    const token = await scoringToken();
    const { body: before } = await lab.score('both', token, { deployment: 'green' });
    expect((await lab.score('both', token, { deployment: 'green', exit: true })).status).toBe(502);
    await expect.poll(async () => (await lab.score('both', token, { deployment: 'green' })).status, SOON).toBe(200);
    const { body: after } = await lab.score('both', token, { deployment: 'green' });
    expect(after['pid']).not.toBe(before['pid']);
  });

  it('whose server ends again and again fails at last', async () => {
    const code = await lab.code('weak', {
      'server.mjs': `import { createServer } from 'node:http';
        createServer((_, response) => response.end(() => setTimeout(() => process.exit(1), 20))).listen(process.env.PORT);`,
    });
    const path = '/onlineEndpoints/both/deployments/weak';
    await lab.put(path, {
      ...blue,
      properties: { ...blue.properties, codeConfiguration: { codeId: code, scoringScript: 'server.mjs' } },
    });
    await expect.poll(() => lab.provisioning(path), SOON).toBe('Failed');
    expect((await lab.arm('POST', `${path}/getLogs`, {})).body['content']).toMatch(/again and again \(5 restarts\)/);
  });

  it.each<[string, Record<string, unknown>, number, RegExp]>([
    [
      'a script of another language',
      { codeConfiguration: { codeId: 'azureml:server:1', scoringScript: 'score.R' } },
      501,
      /score\.R/,
    ],
    [
      'a script elsewhere',
      { codeConfiguration: { codeId: 'azureml:server:1', scoringScript: '../x.mjs' } },
      501,
      /\.\.\/x\.mjs/,
    ],
    ['a model that is not there', { model: 'azureml:nobody:3' }, 400, /model "nobody"/],
    [
      'an environment that this machine has nothing for',
      { environmentId: 'azureml:cuda:1' },
      400,
      /Nothing on this machine.+"cuda:1"/,
    ],
    ['an environment that is not there', { environmentId: 'azureml:nobody:3' }, 400, /nobody:3/],
    ['data collection', { dataCollector: { collections: {} } }, 501, /properties\.dataCollector/],
    ['scaling', { scaleSettings: { scaleType: 'TargetUtilization' } }, 400, /scale type Default/],
  ])('is refused with %s', async (_, more, status, message) => {
    const answer = await lab.arm('PUT', '/onlineEndpoints/both/deployments/refused', {
      ...blue,
      properties: { ...blue.properties, ...more },
    });
    expect(answer.body.error?.message).toMatch(message);
    expect(answer.status).toBe(status);
    expect((await lab.arm('GET', '/onlineEndpoints/both/deployments/refused')).status).toBe(404);
  });

  it('cannot be put on an endpoint that is not there', async () => {
    expect((await lab.arm('PUT', '/onlineEndpoints/nobody/deployments/blue', blue)).status).toBe(404);
  });
});
