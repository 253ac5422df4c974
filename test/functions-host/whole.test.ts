/** Queue trigger, durable client, orchestration, HTTP and the stop, in one app over the Service Bus stand-in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { startFunctionsHost, type FunctionsHost } from '#local/functions-host/functions-host.ts';
import { startServiceBus, type ServiceBus } from '#local/service-bus/service-bus.ts';
import { sendRaw } from '#test/support/raw-http.ts';

const stateFolder = mkdtempSync(join(tmpdir(), 'whence-host-'));
const errors: string[] = [];
let bus: ServiceBus;
let host: FunctionsHost;
beforeAll(async () => {
  bus = await startServiceBus({ folder: ':memory:' });
  host = await startFunctionsHost({
    appDirectory: join(import.meta.dirname, '..', 'fixtures', 'apps', 'whole'),
    env: { HUB: 'TestHub', QUEUE: 'data-events', Bus: bus.connectionString },
    stateFolder,
    onLog: ({ level, message }) => void (level === 'error' && errors.push(message)),
  });
});
afterAll(async () => {
  await host.stop();
  await bus.stop();
  rmSync(stateFolder, { recursive: true });
});

test('the list names queues, orchestrations and activities', () => {
  expect(host.functions.map(({ name, trigger, where }) => `${name} ${trigger} ${where}`)).toEqual([
    'double activityTrigger ',
    'twice orchestrationTrigger ',
    'starts serviceBusTrigger data-events',
    'show httpTrigger GET /api/instances/{id}',
    'slow httpTrigger GET /api/slow',
  ]);
});

test('a message that fails once is delivered again and starts an orchestration through the durable client', async () => {
  const client = new ServiceBusClient(bus.connectionString);
  await client.createSender('data-events').sendMessages({ messageId: 'i-1', body: { value: 5 } });
  await vi.waitFor(
    async () =>
      expect((await sendRaw(host.baseUrl, { method: 'GET', path: '/api/instances/i-1' })).body.toString()).toBe(
        '{"status":"Completed","output":{"value":20}}',
      ),
    { timeout: 10_000 },
  );
  const failures = errors.filter((message) => message.startsWith('Function starts'));
  expect(failures).toHaveLength(1);
  expect(failures[0]).toContain('Function starts failed: Error: the first delivery fails');
  expect(bus.count('data-events')).toBe(0);
  await client.close();
});

test('the management API is where the durable extension has it', async () => {
  const response = await sendRaw(host.baseUrl, { method: 'GET', path: '/runtime/webhooks/durabletask/instances/i-1' });
  expect(response.status).toBe(200);
  expect(JSON.parse(response.body.toString())).toMatchObject({ instanceId: 'i-1', runtimeStatus: 'Completed' });
});

test('a stop lets running requests finish, then tells the app, then is gone', async () => {
  const ends = (globalThis as Record<string, unknown>)['whenceEnds'];
  const running = sendRaw(host.baseUrl, { method: 'GET', path: '/api/slow' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await host.stop();
  expect((await running).body.toString()).toBe('done');
  expect(ends).toEqual(['slow', 'terminated']);
  await expect(sendRaw(host.baseUrl, { method: 'GET', path: '/api/slow' })).rejects.toThrow('ECONNREFUSED');
});
