import { WhenceError } from '#shared/errors/whence-error.ts';
import type { MessageBus, OutgoingMessage } from '#shared/ports/message-bus.ts';

/** Largest message. @source Azure Service Bus Standard */
const MESSAGE_BYTES = 262_144;

/** The message bus in memory: what was sent, by queue or topic. */
export class MemoryMessageBus implements MessageBus {
  readonly #entities: Map<string, OutgoingMessage[]>;

  /** @param entities - queues and topics that are there */
  constructor(...entities: readonly string[]) {
    this.#entities = new Map(entities.map((name) => [name, []]));
  }

  async send(queueOrTopic: string, message: OutgoingMessage): Promise<void> {
    const entity = this.#required(queueOrTopic);
    const body = JSON.stringify(message.body);
    if (body.length > MESSAGE_BYTES)
      throw new WhenceError('service-bus.too-large', `A message of ${body.length} characters is too large.`);
    entity.push({ ...message, body: JSON.parse(body) as unknown });
  }

  async checkSending(queueOrTopic: string): Promise<void> {
    this.#required(queueOrTopic);
  }

  async peek(queue: string): Promise<string | undefined> {
    return this.#required(queue).length === 0 ? undefined : new Date(0).toISOString();
  }

  async close(): Promise<void> {}

  #required(queueOrTopic: string): OutgoingMessage[] {
    const entity = this.#entities.get(queueOrTopic);
    if (entity === undefined)
      throw new WhenceError('service-bus.entity-missing', `There is no ${queueOrTopic} in memory.`);
    return entity;
  }

  /** @returns what was sent, oldest first */
  sent(queueOrTopic: string): readonly OutgoingMessage[] {
    return this.#entities.get(queueOrTopic) ?? [];
  }
}
