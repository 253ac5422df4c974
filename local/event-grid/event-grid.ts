/**
 * The front door of blob storage on a laptop, and the Event Grid behind it. Everybody outside writes through it, so it
 * sees every blob that the landing container gets, at once, whoever writes it; it tells of each at least once, on
 * purpose sometimes twice and out of order.
 *
 * The app itself talks to Azurite directly, over HTTPS with its identity; it never writes into the landing container.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';

import { AZURITE_ACCOUNT, azuriteConnectionString } from '../azurite/azurite.ts';
import { blobCreatedEvent, blobWriteOf } from './blob-event.ts';
import { Outbox, type OutboxEvent } from './outbox.ts';

/** Application properties of a delivered event. @source local-runtime.md §6 */
export type EventProperties = Readonly<Record<string, string>>;

/** How it is started. */
export interface EventGridOptions {
  readonly folder: string;
  readonly port?: number;
  /** Azurite's blob endpoint over HTTPS, with the account. */
  readonly blobUrl: string;
  readonly ca: string;
  /** ARM id of the account that the events name. */
  readonly sourceId: string;
  readonly container: string;
  readonly deliver: (
    event: Readonly<Record<string, unknown>>,
    messageId: string,
    properties: EventProperties,
  ) => Promise<void>;
  /** Duplicates and reordering; off for tests that count. */
  readonly chaos: boolean;
  readonly random?: () => number;
}

/** A running front door. */
export interface EventGrid {
  /** Blob endpoint for everybody outside, plain HTTP on the loopback address. */
  readonly blobUrl: string;
  readonly connectionString: string;
  /** Resolves when every accepted event was delivered. */
  delivered(): Promise<void>;
  stop(): Promise<void>;
}

/** Longest delay of a delivery under chaos. */
const LATE_MS = 400;
/** Share of events that come twice under chaos. */
const TWICE = 0.3;
/** Pause before a failed delivery is tried again. */
const RETRY_MS = 500;

/** Starts the front door on the loopback address, and delivers what a crash left. */
export async function startEventGrid(options: EventGridOptions): Promise<EventGrid> {
  const door = new FrontDoor(options);
  return door.start();
}

class FrontDoor {
  readonly #options: EventGridOptions;
  readonly #outbox: Outbox;
  readonly #agent: Agent;
  readonly #random: () => number;
  readonly #pending = new Set<Promise<void>>();
  #sequence = Date.now();
  #stopping = false;

  constructor(options: EventGridOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.folder === ':memory:' ? options.folder : join(options.folder, 'event-grid.db'));
    this.#agent = new Agent({ keepAlive: true, ca: options.ca });
    this.#random = options.random ?? Math.random;
  }

  async start(): Promise<EventGrid> {
    const server = createServer((request, response) => this.#serve(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#options.port ?? 0, '127.0.0.1', resolve);
    });
    for (const event of this.#outbox.all()) this.#schedule(event);
    const blobUrl = `http://127.0.0.1:${portOf(server)}/${AZURITE_ACCOUNT}`;
    return {
      blobUrl,
      connectionString: azuriteConnectionString({ blob: blobUrl }),
      delivered: async () => {
        while (this.#pending.size > 0) await Promise.all(this.#pending);
      },
      stop: async () => {
        this.#stopping = true;
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        });
        await Promise.all(this.#pending);
        this.#agent.destroy();
        this.#outbox.close();
      },
    };
  }

  /** Streams to Azurite and back. The event is stored before the writer hears of its success. */
  #serve(request: IncomingMessage, response: ServerResponse): void {
    const target = new URL(request.url ?? '/', new URL(this.#options.blobUrl).origin);
    const outgoing = httpsRequest(
      target,
      { method: request.method, headers: request.headers, agent: this.#agent },
      (incoming) => {
        const write = blobWriteOf({
          method: request.method ?? '',
          url: target,
          requestHeaders: request.headers,
          status: incoming.statusCode ?? 0,
          responseHeaders: incoming.headers,
        });
        if (write?.container === this.#options.container) {
          this.#sequence += 1;
          this.#schedule(this.#outbox.add(blobCreatedEvent(write, this.#options.sourceId, this.#sequence, new Date())));
        }
        response.writeHead(incoming.statusCode ?? 502, incoming.headers);
        incoming.pipe(response);
      },
    );
    outgoing.on('error', () => {
      if (!response.headersSent) response.writeHead(502);
      response.end();
    });
    response.on('close', () => outgoing.destroy());
    request.pipe(outgoing);
  }

  #schedule(event: OutboxEvent): void {
    const { chaos } = this.#options;
    const copies = chaos && this.#random() < TWICE ? 2 : 1;
    const work = this.#deliver(event, copies, chaos ? this.#random() * LATE_MS : 0);
    this.#pending.add(work);
    void work.finally(() => this.#pending.delete(work));
  }

  /** Delivers until it worked; an event leaves the outbox only then. */
  async #deliver(event: OutboxEvent, copies: number, delayMs: number): Promise<void> {
    if (delayMs > 0) await sleep(delayMs);
    for (let copy = 0; copy < copies;) {
      if (this.#stopping) return;
      try {
        // Event Grid's own message id is stable over redelivery; a second copy under chaos has another one, so that the
        // app, not the queue, has to cope with it.
        await this.#options.deliver(
          event.event,
          `${String(event.event['id'])}${copy === 0 ? '' : `-${copy}`}`,
          propertiesOf(copy),
        );
        copy += 1;
      } catch {
        await sleep(RETRY_MS);
      }
    }
    this.#outbox.remove(event.id);
  }
}

function propertiesOf(copy: number): EventProperties {
  return {
    'aeg-subscription-name': 'DATA-EVENTS',
    'aeg-delivery-count': String(copy),
    'aeg-event-type': 'Notification',
    'aeg-metadata-version': '1.0',
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
