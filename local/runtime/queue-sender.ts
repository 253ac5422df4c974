import { ServiceBusClient, type ServiceBusSender } from '@azure/service-bus';

/** An event as Event Grid puts it into a queue. */
export interface QueueEvent {
  readonly event: Readonly<Record<string, unknown>>;
  readonly messageId: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** Sends events to queues the way Event Grid does: one CloudEvent a message, structured mode. */
export class QueueSender {
  readonly #client: ServiceBusClient;
  readonly #senders = new Map<string, ServiceBusSender>();

  /** @param connectionString - of the Service Bus stand-in */
  constructor(connectionString: string) {
    this.#client = new ServiceBusClient(connectionString);
  }

  /** @source local-runtime.md §6: body, content type and properties */
  async send(queue: string, { event, messageId, properties }: QueueEvent): Promise<void> {
    const sender = this.#senders.get(queue) ?? this.#client.createSender(queue);
    this.#senders.set(queue, sender);
    await sender.sendMessages({
      body: Buffer.from(JSON.stringify(event)),
      contentType: 'application/cloudevents+json; charset=utf-8',
      messageId,
      applicationProperties: { ...properties },
    });
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
