/** What a deployment's settings do to requests and to its server: mirroring, room for requests, the liveness probe. */
import { afterAll, beforeAll, expect, it } from 'vitest';

import { LaptopLab, SOON } from './laptop-lab.ts';
import { scoringServer } from './scoring-server.ts';

let lab: LaptopLab;
/** What the dice show next. */
let dice: number[] = [];

beforeAll(async () => {
  lab = await LaptopLab.open({ random: () => dice.shift() ?? 0.99 });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  expect(lab.problems).toEqual([]);
});

const token = (): Promise<string> => lab.token('https://ml.azure.com');
const asked = async (endpoint: string, deployment: string): Promise<number> => {
  const logs = await lab.arm('POST', `/onlineEndpoints/${endpoint}/deployments/${deployment}/getLogs`, {});
  return String(logs.body['content']).match(/^asked /gm)?.length ?? 0;
};

it('a mirror gets a copy of its share of the requests, and what it answers is not heard', async () => {
  await lab.endpoint('mirrored', 'AADToken');
  await lab.deploy('mirrored', 'live', await scoringServer(lab, 'live'));
  await lab.deploy('mirrored', 'shadow', await scoringServer(lab, 'shadow'));
  const { body } = await lab.arm('GET', '/onlineEndpoints/mirrored');
  const properties = { ...(body['properties'] as object), traffic: { live: 100 }, mirrorTraffic: { shadow: 20 } };
  await lab.put('/onlineEndpoints/mirrored', { ...body, properties });
  await expect.poll(() => lab.provisioning('/onlineEndpoints/mirrored'), SOON).toBe('Succeeded');
  // One throw for who answers, one for whether it is mirrored.
  dice = [0, 0.19, 0, 0.2, 0, 0.5];
  for (const status of [200, 200, 200])
    expect((await lab.score('mirrored', await token(), { status })).body['name']).toBe('live');
  await expect.poll(() => asked('mirrored', 'shadow'), SOON).toBe(1);
  expect(await asked('mirrored', 'live')).toBe(3);
  dice = [0, 0];
  const answer = await lab.score('mirrored', await token(), { status: 200, exit: false });
  expect(answer).toMatchObject({ status: 200, deployment: 'live' });
  // A request that names its deployment is not mirrored.
  await lab.score('mirrored', await token(), { deployment: 'live' });
  await expect.poll(() => asked('mirrored', 'shadow'), SOON).toBe(2);
});

it('a deployment takes as many requests at a time as it says, lets others wait, and refuses them after that', async () => {
  const server = await scoringServer(lab, 'narrow');
  await lab.endpoint('narrow', 'AADToken');
  await lab.deploy('narrow', 'one', {
    ...server,
    properties: {
      ...server.properties,
      requestSettings: { requestTimeout: 'PT20S', maxConcurrentRequestsPerInstance: 1, maxQueueWait: 'PT0.2S' },
    },
  });
  const caller = await token();
  const ask = (sleepMs: number) => lab.score('narrow', caller, { deployment: 'one', sleepMs });
  const first = ask(3_000);
  await expect.poll(() => asked('narrow', 'one'), SOON).toBe(1);
  expect((await ask(1)).status, 'no room within its wait').toBe(429);
  expect((await first).status).toBe(200);
  const both = await Promise.all([ask(20), ask(20)]);
  expect(
    both.map(({ status }) => status),
    'one waits for the other',
  ).toEqual([200, 200]);
});

it('a server that its liveness probe finds dead is started again', async () => {
  const server = await scoringServer(lab, 'ailing');
  const livenessProbe = { initialDelay: 'PT0.05S', period: 'PT0.05S', timeout: 'PT2S', failureThreshold: 2 };
  await lab.endpoint('ailing', 'AADToken');
  await lab.deploy('ailing', 'one', { ...server, properties: { ...server.properties, livenessProbe } });
  const caller = await token();
  const { body: before } = await lab.score('ailing', caller, { deployment: 'one' });
  await lab.score('ailing', caller, { deployment: 'one', sick: true });
  await expect
    .poll(async () => (await lab.score('ailing', caller, { deployment: 'one' })).body['pid'] ?? before['pid'], SOON)
    .not.toBe(before['pid']);
});

it('its requests are measured, as Azure Monitor tells it', async () => {
  const server = await scoringServer(lab, 'watched');
  await lab.endpoint('watched', 'AADToken');
  await lab.deploy('watched', 'one', server);
  const caller = await token();
  for (const _ of [1, 2, 3]) await lab.score('watched', caller, { deployment: 'one', sleepMs: 30 });
  const path = '/onlineEndpoints/watched/providers/microsoft.insights/metrics';
  const read = async (query: string) =>
    (await lab.arm('GET', `${path}?metricnames=RequestsPerMinute,RequestLatency_P99${query}`)).body['value'] as {
      name: { value: string };
      timeseries: { metadatavalues: { value: string }[]; data: { average: number }[] }[];
    }[];
  const sum = (data: readonly { average: number }[] = []): number => data.reduce((all, one) => all + one.average, 0);
  await expect.poll(async () => sum((await read(''))[0]?.timeseries[0]?.data), SOON).toBe(3);
  const [count, slowest] = await read("&$filter=deployment eq '*'");
  expect(count?.timeseries.map(({ metadatavalues }) => metadatavalues[0]?.value)).toEqual(['one']);
  expect(slowest?.timeseries[0]?.data[0]?.average).toBeGreaterThanOrEqual(29);
  const refused = await lab.arm('GET', `${path}?metricnames=Sunshine`);
  expect(refused).toMatchObject({ status: 501, body: { error: { message: expect.stringContaining('Sunshine') } } });
});
