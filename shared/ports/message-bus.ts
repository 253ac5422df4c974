/** Sending messages: what Whence needs of Service Bus beside the triggers that the Functions host feeds. */

/** One message. The body is sent as JSON. */
export interface OutgoingMessage {
  /** Identity for duplicate detection; at most 128 characters. */
  readonly messageId: string;
  readonly body: unknown;
  readonly subject?: string;
  readonly contentType?: string;
  readonly correlationId?: string;
  /** Small facts for filters and operators; no payloads, no secrets. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
}

/** The port. */
export interface MessageBus {
  /**
   * Sends to a queue or topic and waits until the broker has accepted it.
   * @throws {WhenceError} `service-bus.unavailable` (transient), `service-bus.entity-missing`, `service-bus.too-large`
   */
  send(queueOrTopic: string, message: OutgoingMessage): Promise<void>;
  /**
   * Makes sure that the app may send there, without sending anything.
   * @throws {WhenceError} as {@link send}
   */
  checkSending(queueOrTopic: string): Promise<void>;
  /**
   * Looks at a queue without taking anything.
   * @returns when its next message was enqueued, ISO 8601 UTC; undefined: it is empty
   * @throws {WhenceError} as {@link send}
   */
  peek(queue: string): Promise<string | undefined>;
  /** Closes the connection. */
  close(): Promise<void>;
}
