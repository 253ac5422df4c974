/**
 * A Service Bus for a laptop: AMQP 1.0 over `rhea`, spoken to the real `@azure/service-bus`. Queues, topics with
 * subscriptions and their dead-letter queues; sessions, rules and administration are refused by name.
 *
 * @source local-runtime.md §5, azure-facts.md §6
 */
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';

import rhea, {
  type Connection,
  type Container,
  type Delivery,
  type EventContext,
  type Message,
  type Receiver,
  type Sender,
} from 'rhea';

import { systemHubClock, type HubClock } from '../task-hub/clock.ts';
import { toAmqp, toNewMessage, unpack, withProperties } from './amqp-message.ts';
import { MAX_MESSAGE_BYTES, whenceEntities, type EntityList } from './entities.ts';
import { Entity } from './entity.ts';
import { manage } from './management.ts';
import { MessageStore } from './message-store.ts';
import {
  creditOf,
  formatOf,
  remoteAttach,
  setDrained,
  setMaxMessageSize,
  settleAccepted,
  settleRejected,
} from './rhea.ts';

/** How the broker is started. */
export interface ServiceBusOptions {
  /** Folder of its database; `:memory:` for none. */
  readonly folder: string;
  /** 0: chosen by the system. */
  readonly port?: number;
  readonly entities?: EntityList;
  readonly clock?: HubClock;
}

/** A running broker. */
export interface ServiceBus {
  readonly port: number;
  /** For `new ServiceBusClient(connectionString)`. */
  readonly connectionString: string;
  /** Messages in an entity: a queue, `topic/Subscriptions/name`, or one of them + `/$DeadLetterQueue`. */
  count(path: string): number;
  stop(): Promise<void>;
}

/** Starts the broker on the loopback address. */
export async function startServiceBus({
  folder,
  port = 0,
  entities = whenceEntities,
  clock = systemHubClock(),
}: ServiceBusOptions): Promise<ServiceBus> {
  const broker = new Broker(folder === ':memory:' ? folder : join(folder, 'service-bus.db'), entities, clock);
  const listening = await broker.listen(port);
  return {
    port: listening,
    connectionString: `Endpoint=sb://127.0.0.1:${listening};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`,
    count: (path) => broker.count(path),
    stop: () => broker.stop(),
  };
}

const DEAD = '/$deadletterqueue';
const MANAGEMENT = '/$management';

class Broker {
  readonly #store: MessageStore;
  readonly #clock: HubClock;
  readonly #container: Container;
  readonly #entities = new Map<string, Entity>();
  /** Topic → paths of its subscriptions. */
  readonly #topics = new Map<string, readonly string[]>();
  /** Links that receive, by entity. */
  readonly #consumers = new Map<string, Set<Sender>>();
  /** Reply links of `$cbs` and `$management`, by the address that requests name. */
  readonly #replies = new Map<string, Sender>();
  readonly #locks = new WeakMap<Delivery, { readonly entity: Entity; readonly token: Buffer }>();
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;

  constructor(file: string, entities: EntityList, clock: HubClock) {
    this.#store = new MessageStore(file);
    this.#clock = clock;
    this.#container = rhea.create_container({
      id: 'whence-service-bus',
      sender_options: { autosettle: false },
      receiver_options: { autoaccept: false, credit_window: 1_000 },
    });
    for (const queue of entities.queues) this.#add(queue.name, queue);
    for (const topic of entities.topics) {
      this.#topics.set(
        topic.name.toLowerCase(),
        topic.subscriptions.map((one) => `${topic.name}/subscriptions/${one.name}`.toLowerCase()),
      );
      for (const one of topic.subscriptions)
        this.#add(
          `${topic.name}/subscriptions/${one.name}`,
          topic.duplicateDetectionWindowMs === undefined
            ? one
            : { ...one, duplicateDetectionWindowMs: topic.duplicateDetectionWindowMs },
        );
    }
    this.#listenToContainer();
  }

  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const server: Server = this.#container.listen({ port, host: '127.0.0.1' });
      this.#server = server;
      server.once('error', reject);
      server.once('listening', () => resolve((server.address() as AddressInfo).port));
    });
  }

  count(path: string): number {
    return this.#entities.get(path.toLowerCase())?.count() ?? 0;
  }

  async stop(): Promise<void> {
    for (const entity of this.#entities.values()) entity.stop();
    const closed = new Promise<void>((resolve) =>
      this.#server === undefined ? resolve() : this.#server.close(() => resolve()),
    );
    for (const connection of this.#connections) connection.close();
    const force = setTimeout(() => {
      for (const connection of this.#connections)
        (connection as unknown as { socket?: { destroy(): void } }).socket?.destroy();
    }, 500);
    await closed;
    clearTimeout(force);
    this.#store.close();
  }

  #add(name: string, options: EntityList['queues'][number]): void {
    const context = {
      store: this.#store,
      nowMs: () => this.#clock.nowMs(),
      at: (atMs: number, callback: () => void) => this.#clock.at(atMs, callback),
      onAvailable: (entity: Entity) => setImmediate(() => this.#pump(entity)),
    };
    const dead = new Entity(`${name}${DEAD}`, { name: `${name}${DEAD}` }, context, undefined);
    const entity = new Entity(name, options, context, dead);
    this.#entities.set(dead.path, dead);
    this.#entities.set(entity.path, entity);
  }

  #listenToContainer(): void {
    const container = this.#container;
    container.on('connection_open', ({ connection }: EventContext) => this.#connections.add(connection));
    for (const event of ['disconnected', 'connection_close'])
      container.on(event, ({ connection }: EventContext) => this.#connections.delete(connection));
    container.on(
      'receiver_open',
      ({ receiver }: EventContext) => receiver !== undefined && this.#senderAttached(receiver),
    );
    container.on('sender_open', ({ sender }: EventContext) => sender !== undefined && this.#receiverAttached(sender));
    container.on('message', (context: EventContext) => this.#received(context));
    for (const event of ['sendable', 'sender_flow'])
      container.on(event, ({ sender }: EventContext) => sender !== undefined && this.#pumpSender(sender));
    container.on('sender_draining', ({ sender }: EventContext) => {
      if (sender === undefined) return;
      this.#pumpSender(sender);
      setDrained(sender);
    });
    container.on('sender_close', ({ sender }: EventContext) => sender !== undefined && this.#forget(sender));
    container.on(
      'accepted',
      ({ delivery }: EventContext) =>
        delivery !== undefined && this.#settle(delivery, (entity, token) => entity.complete(token)),
    );
    container.on('modified', ({ delivery }: EventContext) => delivery !== undefined && this.#modified(delivery));
    container.on('rejected', ({ delivery }: EventContext) => delivery !== undefined && this.#rejected(delivery));
    container.on('error', (error: unknown) => {
      console.error('service-bus stand-in:', error);
    });
  }

  /** The client sends: to an entity, to `$cbs` or to a `$management` node. */
  #senderAttached(receiver: Receiver): void {
    const address = String(remoteAttach(receiver).target?.address ?? '').toLowerCase();
    const isKnown =
      address === '$cbs' ||
      this.#topics.has(address) ||
      this.#entities.has(address.replace(/\/\$management$/, '')) ||
      this.#topics.has(address.replace(/\/\$management$/, ''));
    if (!isKnown) return refuse(receiver, address);
    setMaxMessageSize(receiver, MAX_MESSAGE_BYTES);
    receiver.set_target({ address });
    receiver.set_source((remoteAttach(receiver).source ?? {}) as Parameters<Receiver['set_source']>[0]);
  }

  /** The client receives: messages of an entity, or replies. */
  #receiverAttached(sender: Sender): void {
    const { source, target: remoteTarget } = remoteAttach(sender);
    const address = String(source?.address ?? '').toLowerCase();
    if (address === '$cbs' || address.endsWith(MANAGEMENT)) {
      const target = remoteTarget?.address ?? '';
      this.#replies.set(sender.name, sender);
      if (target !== '') this.#replies.set(target, sender);
      sender.set_source({ address });
      return;
    }
    if (source?.filter !== undefined && Object.keys(source.filter).some((key) => key.includes('session'))) {
      sender.close({
        condition: 'amqp:not-implemented',
        description: 'Sessions are not served by the laptop runtime.',
      });
      return;
    }
    if (!this.#entities.has(address)) return refuse(sender, address);
    sender.set_source({ address });
    const consumers = this.#consumers.get(address) ?? new Set<Sender>();
    consumers.add(sender);
    this.#consumers.set(address, consumers);
  }

  #forget(sender: Sender): void {
    for (const consumers of this.#consumers.values()) consumers.delete(sender);
    for (const [name, one] of this.#replies) if (one === sender) this.#replies.delete(name);
  }

  #received({ receiver, message, delivery }: EventContext): void {
    if (receiver === undefined || message === undefined || delivery === undefined) return;
    const address = String(receiver.target.address ?? '').toLowerCase();
    if (address === '$cbs') {
      delivery.accept();
      this.#reply(message, { 'status-code': 202, 'status-description': 'Accepted' }, undefined);
      return;
    }
    if (address.endsWith(MANAGEMENT)) {
      delivery.accept();
      this.#manage(address.slice(0, -MANAGEMENT.length), message);
      return;
    }
    this.#take(address, unpack(message, formatOf(delivery)), delivery);
  }

  #take(address: string, messages: readonly Message[], delivery: Delivery): void {
    const nowMs = this.#clock.nowMs();
    const stored = messages.map((message) => toNewMessage(message, nowMs));
    if (stored.some((one) => one.body.length > MAX_MESSAGE_BYTES)) {
      delivery.reject({
        condition: 'amqp:link:message-size-exceeded',
        description: `A message is larger than ${MAX_MESSAGE_BYTES} bytes.`,
      });
      return;
    }
    for (const path of this.#topics.get(address) ?? [address]) this.#entities.get(path)?.enqueue(stored);
    delivery.accept();
  }

  #manage(path: string, request: Message): void {
    const target = this.#topics.get(path)?.[0] ?? path;
    const entity = this.#entities.get(target);
    const reply =
      entity === undefined
        ? {
            status: 404,
            description: `The messaging entity '${path}' could not be found.`,
            condition: 'amqp:not-found',
            body: undefined,
          }
        : manage(entity, request, this.#clock.nowMs());
    this.#reply(
      request,
      {
        statusCode: reply.status,
        statusDescription: reply.description,
        ...(reply.condition === undefined ? {} : { errorCondition: reply.condition }),
      },
      reply.body,
    );
  }

  #reply(request: Message, properties: Record<string, unknown>, body: unknown): void {
    const sender = this.#replies.get(String(request.reply_to ?? ''));
    sender?.send({ correlation_id: request.message_id, application_properties: properties, body } as Message);
  }

  #pump(entity: Entity): void {
    for (const sender of this.#consumers.get(entity.path) ?? []) this.#pumpSender(sender);
  }

  /** Sends while the link has credit: a delivery without credit would block the whole session. */
  #pumpSender(sender: Sender): void {
    const address = String(remoteAttach(sender).source?.address ?? '').toLowerCase();
    const entity = this.#entities.get(address);
    if (entity === undefined || this.#consumers.get(address)?.has(sender) !== true) return;
    const andDelete = remoteAttach(sender).snd_settle_mode === 1;
    while (sender.sendable() && creditOf(sender) > 0) {
      const locked = entity.receive(andDelete);
      if (locked === undefined) return;
      const source = entity.path.endsWith(DEAD) ? entity.path.slice(0, -DEAD.length) : undefined;
      const delivery = sender.send(toAmqp(locked.message, locked, source), locked.lockToken);
      if (andDelete) delivery.update(true);
      else this.#locks.set(delivery, { entity, token: locked.lockToken });
    }
  }

  #modified(delivery: Delivery): void {
    const state = delivery.remote_state as
      | { undeliverable_here?: boolean; message_annotations?: Record<string, unknown> }
      | undefined;
    const properties = state?.message_annotations;
    this.#settle(delivery, (entity, token) =>
      state?.undeliverable_here === true
        ? entity.defer(token)
        : entity.abandon(token, properties === undefined ? undefined : (body) => withProperties(body, properties)),
    );
  }

  #rejected(delivery: Delivery): void {
    const info =
      (delivery.remote_state as { error?: { info?: Record<string, unknown> } } | undefined)?.error?.info ?? {};
    const reason = String(info['DeadLetterReason'] ?? '');
    const description = String(info['DeadLetterErrorDescription'] ?? '');
    this.#settle(delivery, (entity, token) => entity.deadLetter(token, { reason, description }));
  }

  /** The client waits for a settled answer; the same positive one for every outcome (local-runtime.md §5.5). */
  #settle(delivery: Delivery, effect: (entity: Entity, token: Buffer) => boolean): void {
    const lock = this.#locks.get(delivery);
    if (lock === undefined) return;
    this.#locks.delete(delivery);
    if (effect(lock.entity, lock.token)) {
      settleAccepted(delivery);
      return;
    }
    settleRejected(delivery, 'com.microsoft:message-lock-lost', 'The lock supplied is invalid.');
  }
}

function refuse(link: Sender | Receiver, address: string): void {
  link.close({ condition: 'amqp:not-found', description: `The messaging entity '${address}' could not be found.` });
}
