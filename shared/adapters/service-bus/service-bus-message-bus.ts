import type { TokenCredential } from '@azure/identity';
import type { ServiceBusClient, ServiceBusSender } from '@azure/service-bus';

import type { ErrorCode } from '#shared/errors/catalogue.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { MessageBus, OutgoingMessage } from '#shared/ports/message-bus.ts';

/** A namespace: with the app's identity, or on a laptop with a connection string. */
export type ServiceBusTarget =
  | { readonly namespace: string; readonly credential: TokenCredential }
  | { readonly connectionString: string };

const codes: Readonly<Record<string, ErrorCode>> = {
  MessagingEntityNotFound: 'service-bus.entity-missing',
  MessageSizeExceeded: 'service-bus.too-large',
};

/** @returns the port over the real SDK, which is loaded when the first message is sent */
export function createMessageBus(target: ServiceBusTarget): MessageBus {
  return new ServiceBusMessageBus(target);
}

class ServiceBusMessageBus implements MessageBus {
  readonly #target: ServiceBusTarget;
  readonly #senders = new Map<string, ServiceBusSender>();
  #client: Promise<ServiceBusClient> | undefined;

  constructor(target: ServiceBusTarget) {
    this.#target = target;
  }

  async send(
    queueOrTopic: string,
    { messageId, body, subject, contentType, correlationId, properties }: OutgoingMessage,
  ): Promise<void> {
    await this.#asking(queueOrTopic, 'Sending to', async () => {
      const sender = await this.#sender(queueOrTopic);
      await sender.sendMessages({
        messageId,
        body,
        ...(subject === undefined ? {} : { subject }),
        ...(contentType === undefined ? {} : { contentType }),
        ...(correlationId === undefined ? {} : { correlationId }),
        ...(properties === undefined ? {} : { applicationProperties: { ...properties } }),
      });
    });
  }

  async checkSending(queueOrTopic: string): Promise<void> {
    // A batch asks the broker how large it may be, over the link that sending needs.
    await this.#asking(queueOrTopic, 'Asking to send to', async () => {
      const sender = await this.#sender(queueOrTopic);
      await sender.createMessageBatch();
    });
  }

  async peek(queue: string): Promise<string | undefined> {
    return this.#asking(queue, 'Looking at', async () => {
      this.#client ??= this.#connect();
      const receiver = (await this.#client).createReceiver(queue);
      try {
        const [next] = await receiver.peekMessages(1);
        return next?.enqueuedTimeUtc?.toISOString();
      } finally {
        await receiver.close();
      }
    });
  }

  /** @throws {WhenceError} what the SDK throws, with its code */
  async #asking<T>(entity: string, what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      this.#senders.delete(entity);
      const code = codeOf(cause);
      throw new WhenceError(
        codes[code ?? ''] ?? 'service-bus.unavailable',
        `${what} ${entity}: ${code ?? 'no answer'}.`,
        { cause },
      );
    }
  }

  async close(): Promise<void> {
    if (this.#client !== undefined) await (await this.#client).close();
  }

  async #sender(entity: string): Promise<ServiceBusSender> {
    const known = this.#senders.get(entity);
    if (known !== undefined) return known;
    this.#client ??= this.#connect();
    const sender = (await this.#client).createSender(entity);
    this.#senders.set(entity, sender);
    return sender;
  }

  async #connect(): Promise<ServiceBusClient> {
    const { ServiceBusClient } = await import('@azure/service-bus');
    const options = {
      retryOptions: { maxRetries: 3, retryDelayInMs: 500, maxRetryDelayInMs: 4_000, timeoutInMs: 20_000 },
    };
    const target = this.#target;
    return 'credential' in target
      ? new ServiceBusClient(target.namespace, target.credential, options)
      : new ServiceBusClient(target.connectionString, options);
  }
}

/** After its retries the SDK throws an AggregateError; the codes are inside. @source local-runtime.md trap 41 */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return error.errors.map(codeOf).find((code) => code !== undefined);
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
