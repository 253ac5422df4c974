/** Between AMQP messages and stored ones. */
import { randomUUID } from 'node:crypto';

import rhea, { type Message } from 'rhea';

import type { LockedMessage } from './entity.ts';
import type { NewMessage, StoredMessage } from './message-store.ts';
import { decode, encode } from './rhea.ts';

/** Format of a batch: its sections are encoded messages. @source local-runtime.md §5.4 */
export const BATCH_FORMAT = 0x80013700;

/** @returns the messages of a transfer: one, or those of a batch */
export function unpack(message: Message & { readonly message_format?: number }, format: number | undefined): Message[] {
  if (format !== BATCH_FORMAT) return [message];
  const outer = Buffer.isBuffer(message) ? decode(message) : message;
  const { content } = outer.body as { content: Buffer | Buffer[] };
  return (Array.isArray(content) ? content : [content]).map((one) => decode(one));
}

/** @returns what is stored of a message */
export function toNewMessage(message: Message, nowMs: number, scheduledMs?: number): NewMessage {
  message.message_id ??= randomUUID();
  const annotated = message.message_annotations?.['x-opt-scheduled-enqueue-time'] as Date | number | undefined;
  const visibleMs = scheduledMs ?? (annotated === undefined ? nowMs : Number(annotated));
  const ttlMs = typeof message.ttl === 'number' ? message.ttl : undefined;
  return {
    messageId: String(message.message_id),
    body: encode(message),
    enqueuedMs: nowMs,
    visibleMs,
    expiresMs: ttlMs === undefined ? null : visibleMs + ttlMs,
    state: visibleMs > nowMs ? 'scheduled' : 'active',
  };
}

/** @returns the AMQP message that a receiver gets */
export function toAmqp(message: StoredMessage, lock?: Pick<LockedMessage, 'lockedUntilMs'>, source?: string): Message {
  const amqp = decode(message.body);
  amqp.delivery_count = message.deliveries;
  amqp.message_annotations = {
    ...amqp.message_annotations,
    'x-opt-sequence-number': rhea.types.wrap_long(message.sequence),
    'x-opt-enqueued-time': rhea.types.wrap_timestamp(message.enqueuedMs),
    ...(lock === undefined || lock.lockedUntilMs === 0
      ? {}
      : { 'x-opt-locked-until': rhea.types.wrap_timestamp(lock.lockedUntilMs) }),
    ...(message.state === 'active'
      ? {}
      : { 'x-opt-message-state': rhea.types.wrap_int(message.state === 'deferred' ? 1 : 2) }),
    ...(message.visibleMs > message.enqueuedMs
      ? { 'x-opt-scheduled-enqueue-time': rhea.types.wrap_timestamp(message.visibleMs) }
      : {}),
    ...(source === undefined ? {} : { 'x-opt-deadletter-source': source }),
  };
  if (message.deadLetter !== null) {
    const { reason, description } = JSON.parse(message.deadLetter) as { reason: string; description: string };
    amqp.application_properties = {
      ...amqp.application_properties,
      DeadLetterReason: reason,
      DeadLetterErrorDescription: description,
    };
  }
  return amqp;
}

/** @returns a body with application properties merged in, as abandon and dead-letter may ask */
export function withProperties(body: Buffer, properties: Readonly<Record<string, unknown>>): Buffer {
  const amqp = decode(body);
  amqp.application_properties = { ...amqp.application_properties, ...properties };
  return encode(amqp);
}

/** A lock token between the order of the delivery tag and that of `$management`. @source local-runtime.md §5.4 */
export function swapGuid(token: Buffer): Buffer {
  const swapped = Buffer.from(token);
  swapped.subarray(0, 4).reverse();
  swapped.subarray(4, 6).reverse();
  swapped.subarray(6, 8).reverse();
  return swapped;
}
