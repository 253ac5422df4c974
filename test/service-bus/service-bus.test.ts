import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { startServiceBus, type ServiceBus } from '#local/service-bus/service-bus.ts';

let broker: ServiceBus;
let client: ServiceBusClient;

beforeEach(async () => {
  broker = await startServiceBus({
    folder: ':memory:',
    entities: {
      queues: [
        { name: 'plain', maxDeliveryCount: 3 },
        { name: 'once', duplicateDetectionWindowMs: 60_000 },
        { name: 'short', defaultTtlMs: 1, deadLetterOnExpiration: true },
      ],
      topics: [{ name: 'news', subscriptions: [{ name: 'a' }, { name: 'b' }] }],
    },
  });
  client = new ServiceBusClient(broker.connectionString, { retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } });
});
afterEach(async () => {
  await client.close();
  await broker.stop();
});

async function send(to: string, ...bodies: object[]): Promise<void> {
  const sender = client.createSender(to);
  for (const body of bodies) await sender.sendMessages({ body });
  await sender.close();
}

async function receive(from: string, count = 1): Promise<ServiceBusReceivedMessage[]> {
  const receiver = client.createReceiver(from);
  return receiver.receiveMessages(count, { maxWaitTimeInMs: 400 });
}

describe('a queue', () => {
  test('keeps a message until it is completed', async () => {
    await send('plain', { a: 1 });
    const receiver = client.createReceiver('plain');
    const [message] = await receiver.receiveMessages(1);
    expect(message).toMatchObject({ body: { a: 1 }, deliveryCount: 0 });
    expect(message?.lockedUntilUtc?.getTime()).toBeGreaterThan(Date.now());
    expect(broker.count('plain')).toBe(1);
    if (message !== undefined) await receiver.completeMessage(message);
    expect(broker.count('plain')).toBe(0);
  });

  test('delivers again after abandon, and dead-letters after the last delivery', async () => {
    await send('plain', { a: 1 });
    const receiver = client.createReceiver('plain');
    const counts: (number | undefined)[] = [];
    for (let round = 0; round < 3; round += 1) {
      const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1_000 });
      counts.push(message?.deliveryCount);
      if (message !== undefined) await receiver.abandonMessage(message, { tried: round });
    }
    expect(counts).toEqual([0, 1, 2]);
    expect(await receive('plain')).toEqual([]);
    const dead = client.createReceiver('plain', { subQueueType: 'deadLetter' });
    const [message] = await dead.receiveMessages(1, { maxWaitTimeInMs: 1_000 });
    expect(message).toMatchObject({
      body: { a: 1 },
      deadLetterReason: 'MaxDeliveryCountExceeded',
      applicationProperties: { tried: 2 },
    });
  });

  test('dead-letters with the reason given', async () => {
    await send('plain', { a: 1 });
    const receiver = client.createReceiver('plain');
    const [message] = await receiver.receiveMessages(1);
    if (message !== undefined)
      await receiver.deadLetterMessage(message, { deadLetterReason: 'odd', deadLetterErrorDescription: 'not even' });
    const [dead] = await client
      .createReceiver('plain', { subQueueType: 'deadLetter' })
      .receiveMessages(1, { maxWaitTimeInMs: 1_000 });
    expect(dead).toMatchObject({ deadLetterReason: 'odd', deadLetterErrorDescription: 'not even' });
  });

  test('takes batches', async () => {
    const sender = client.createSender('plain');
    const batch = await sender.createMessageBatch();
    expect(batch.maxSizeInBytes).toBe(262_144);
    for (let at = 0; at < 10; at += 1) expect(batch.tryAddMessage({ body: { at } })).toBe(true);
    await sender.sendMessages(batch);
    expect((await receive('plain', 10)).map((message) => (message.body as { at: number }).at)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
  });

  test('renews locks, defers, peeks, schedules and cancels', async () => {
    await send('plain', { a: 1 });
    const receiver = client.createReceiver('plain', { maxAutoLockRenewalDurationInMs: 0 });
    const [message] = await receiver.receiveMessages(1);
    if (message === undefined) throw new Error('no message');
    expect((await receiver.renewMessageLock(message)).getTime()).toBeGreaterThan(Date.now());
    await receiver.deferMessage(message);
    expect(await receive('plain')).toEqual([]);
    expect(await receiver.peekMessages(5)).toHaveLength(1);
    const [deferred] = await receiver.receiveDeferredMessages([message.sequenceNumber ?? (0 as never)]);
    if (deferred !== undefined) await receiver.completeMessage(deferred);
    expect(broker.count('plain')).toBe(0);
    const sender = client.createSender('plain');
    const [later] = await sender.scheduleMessages({ body: 'later' }, new Date(Date.now() + 60_000));
    expect(await receive('plain')).toEqual([]);
    if (later !== undefined) await sender.cancelScheduledMessages(later);
    expect(broker.count('plain')).toBe(0);
  });

  test('drops duplicates within its window', async () => {
    const sender = client.createSender('once');
    for (let round = 0; round < 3; round += 1) await sender.sendMessages({ body: round, messageId: 'same' });
    await sender.sendMessages({ body: 3, messageId: 'other' });
    expect((await receive('once', 10)).map((message) => message.body as unknown)).toEqual([0, 3]);
  });

  test('dead-letters what expired', async () => {
    await send('short', { a: 1 });
    expect(await receive('short')).toEqual([]);
    const [dead] = await client
      .createReceiver('short', { subQueueType: 'deadLetter' })
      .receiveMessages(1, { maxWaitTimeInMs: 1_000 });
    expect(dead?.deadLetterReason).toBe('TTLExpiredException');
  });

  test('feeds a subscription and settles while it runs', async () => {
    const receiver = client.createReceiver('plain');
    const seen: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      receiver.subscribe(
        {
          processMessage: async (message) => {
            seen.push(message.body);
            if (seen.length === 20) resolve();
          },
          processError: async ({ error }) => {
            throw error;
          },
        },
        { maxConcurrentCalls: 4 },
      );
    });
    await send('plain', ...Array.from({ length: 20 }, (_one, at) => ({ at })));
    await all;
    await receiver.close();
    expect(broker.count('plain')).toBe(0);
  });
});

test('every subscription of a topic gets every message', async () => {
  await send('news', { a: 1 });
  for (const subscription of ['a', 'b']) {
    const [message] = await client.createReceiver('news', subscription).receiveMessages(1, { maxWaitTimeInMs: 1_000 });
    expect(message?.body).toEqual({ a: 1 });
  }
});

test('what is not served is refused by name', async () => {
  await expect(send('nobody', {})).rejects.toMatchObject({ code: 'MessagingEntityNotFound' });
  await expect(client.acceptSession('plain', 's')).rejects.toThrow(/not served by the laptop runtime/);
});
