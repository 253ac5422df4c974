import { ServiceBusClient } from '@azure/service-bus';

import { startServiceBus } from '#local/service-bus/service-bus.ts';
import { createMessageBus } from '#shared/adapters/service-bus/service-bus-message-bus.ts';
import type { OutgoingMessage } from '#shared/ports/message-bus.ts';
import { MemoryMessageBus } from '#test/support/memory-message-bus.ts';

import { messageBusSuite } from './message-bus.suite.ts';

messageBusSuite('in memory', async () => {
  const bus = new MemoryMessageBus('q', 't');
  const seen = new Map<string, number>();
  return {
    bus,
    async received(entity) {
      const from = seen.get(entity) ?? 0;
      const all = bus.sent(entity);
      seen.set(entity, all.length);
      return all.slice(from);
    },
    [Symbol.asyncDispose]: () => bus.close(),
  };
});

messageBusSuite('Azure Service Bus over the stand-in', async () => {
  const broker = await startServiceBus({
    folder: ':memory:',
    entities: { queues: [{ name: 'q' }], topics: [{ name: 't', subscriptions: [{ name: 's' }] }] },
  });
  const bus = createMessageBus({ connectionString: broker.connectionString });
  const client = new ServiceBusClient(broker.connectionString);
  const receivers = {
    q: client.createReceiver('q', { receiveMode: 'receiveAndDelete' }),
    t: client.createReceiver('t', 's', { receiveMode: 'receiveAndDelete' }),
  };
  return {
    bus,
    async received(entity) {
      const messages = await receivers[entity].receiveMessages(10, { maxWaitTimeInMs: 500 });
      return messages.map(
        ({ messageId, body, subject, contentType, correlationId, applicationProperties }): OutgoingMessage => ({
          messageId: String(messageId),
          body: body as unknown,
          ...(subject === undefined ? {} : { subject }),
          ...(contentType === undefined ? {} : { contentType }),
          ...(correlationId === undefined ? {} : { correlationId: String(correlationId) }),
          ...(applicationProperties === undefined || Object.keys(applicationProperties).length === 0
            ? {}
            : { properties: applicationProperties as NonNullable<OutgoingMessage['properties']> }),
        }),
      );
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await bus.close();
      await broker.stop();
    },
  };
});
