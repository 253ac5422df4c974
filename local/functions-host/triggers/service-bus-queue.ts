/**
 * Service Bus queue triggers over the real SDK: peek-lock, success completes, an error abandons.
 *
 * @source local-runtime.md §2.4: input and metadata as the host sends them
 */
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';

import type { RpcTypedData } from '../../worker/rpc.ts';

/** What a queue trigger needs. */
export interface ServiceBusQueueOptions {
  readonly connectionString: string;
  readonly queueName: string;
  readonly maxConcurrentCalls: number;
  readonly maxAutoLockRenewalMs: number;
  /** @returns the error of the function, if it failed */
  readonly invoke: (data: RpcTypedData, metadata: Readonly<Record<string, RpcTypedData>>) => Promise<Error | undefined>;
  readonly onError: (error: Error) => void;
}

/** A running trigger. */
export interface ServiceBusQueueTrigger {
  /** Takes no more messages and waits for those that are being handled. */
  stop(): Promise<void>;
}

/** Listens on a queue. */
export function startServiceBusQueueTrigger(options: ServiceBusQueueOptions): ServiceBusQueueTrigger {
  const client = new ServiceBusClient(options.connectionString, {
    retryOptions: { maxRetries: 3, retryDelayInMs: 500 },
  });
  const receiver = client.createReceiver(options.queueName, {
    receiveMode: 'peekLock',
    maxAutoLockRenewalDurationInMs: options.maxAutoLockRenewalMs,
  });
  const subscription = receiver.subscribe(
    {
      async processMessage(message) {
        const error = await options.invoke({ string: bodyText(message) }, metadataOf(message));
        if (error === undefined) await receiver.completeMessage(message);
        else await receiver.abandonMessage(message);
      },
      async processError({ error }) {
        options.onError(error);
      },
    },
    { autoCompleteMessages: false, maxConcurrentCalls: options.maxConcurrentCalls },
  );
  return {
    async stop() {
      await subscription.close();
      await receiver.close();
      await client.close();
    },
  };
}

/** The message's bytes as UTF-8. The SDK has parsed JSON already, so it is written again. */
function bodyText(message: ServiceBusReceivedMessage): string {
  const body: unknown = message.body;
  if (typeof body === 'string') return body;
  if (Buffer.isBuffer(body) || body instanceof Uint8Array) return Buffer.from(body).toString('utf8');
  return JSON.stringify(body) ?? '';
}

/** Names and forms of the .NET extension; the library lower-cases the first letters. */
function metadataOf(message: ServiceBusReceivedMessage): Record<string, RpcTypedData> {
  const texts: Record<string, unknown> = {
    MessageId: message.messageId,
    CorrelationId: message.correlationId,
    Subject: message.subject,
    Label: message.subject,
    ContentType: message.contentType,
    ReplyTo: message.replyTo,
    To: message.to,
    SessionId: message.sessionId,
    PartitionKey: message.partitionKey,
    LockToken: message.lockToken,
    DeadLetterSource: message.deadLetterSource,
  };
  const properties = JSON.stringify(message.applicationProperties ?? {});
  const expires = message.expiresAtUtc?.toISOString();
  const metadata: Record<string, RpcTypedData> = {
    DeliveryCount: { json: String((message.deliveryCount ?? 0) + 1) },
    SequenceNumber: { json: String(message.sequenceNumber ?? 0) },
    EnqueuedTimeUtc: { json: JSON.stringify(message.enqueuedTimeUtc?.toISOString().replace('Z', '')) },
    EnqueuedTime: { json: JSON.stringify(message.enqueuedTimeUtc?.toISOString().replace('Z', '+00:00')) },
    ExpiresAtUtc: { json: JSON.stringify(expires?.replace('Z', '') ?? '9999-12-31T23:59:59.9999999') },
    ApplicationProperties: { json: properties },
    UserProperties: { json: properties },
  };
  for (const [name, value] of Object.entries(texts))
    if (value !== undefined && value !== null) metadata[name] = { string: String(value) };
  return { ...metadata, ...bodyFields(message, Object.keys(metadata)) };
}

/** Top-level members of a JSON object body overwrite metadata of the same name, without regard to case. */
function bodyFields(message: ServiceBusReceivedMessage, names: readonly string[]): Record<string, RpcTypedData> {
  const body: unknown = message.body;
  if (typeof body !== 'object' || body === null || Array.isArray(body) || body instanceof Uint8Array) return {};
  const fields: Record<string, RpcTypedData> = {};
  for (const [key, value] of Object.entries(body)) {
    if (Array.isArray(value)) continue;
    const name = names.find((known) => known.toLowerCase() === key.toLowerCase()) ?? key;
    fields[name] = typeof value === 'string' ? { string: value } : { json: JSON.stringify(value) ?? 'null' };
  }
  return fields;
}
