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
  /** Closes the connection. */
  close(): Promise<void>;
}
