/** The `$management` node of an entity. @source local-runtime.md §5.7 */
import rhea, { type Message } from 'rhea';

import { swapGuid, toAmqp, toNewMessage } from './amqp-message.ts';
import type { Entity } from './entity.ts';
import { decode, encode } from './rhea.ts';

/** A reply: status, and a body. */
export interface ManagementReply {
  readonly status: number;
  readonly description: string;
  readonly condition?: string;
  readonly body?: unknown;
}

/**
 * Answers a management request.
 *
 * @param nowMs - the broker's time
 */
export function manage(entity: Entity, request: Message, nowMs: number): ManagementReply {
  const operation = String(request.application_properties?.['operation'] ?? '').replace('com.microsoft:', '');
  const body = (request.body ?? {}) as Record<string, unknown>;
  switch (operation) {
    case 'renew-lock':
      return renew(entity, body);
    case 'peek-message':
      return peek(entity, body);
    case 'schedule-message':
      return schedule(entity, body, nowMs);
    case 'cancel-scheduled-message':
      entity.cancelScheduled(numbers(body['sequence-numbers']));
      return { status: 200, description: 'OK' };
    case 'receive-by-sequence-number':
      return receiveDeferred(entity, body);
    case 'update-disposition':
      return updateDisposition(entity, body);
    default:
      return {
        status: 501,
        description: `"${operation}" is not served by the laptop runtime.`,
        condition: 'amqp:not-implemented',
      };
  }
}

const lockLost: ManagementReply = {
  status: 410,
  description:
    'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
  condition: 'com.microsoft:message-lock-lost',
};

function renew(entity: Entity, body: Record<string, unknown>): ManagementReply {
  const expirations = tokens(body['lock-tokens']).map((token) => entity.renew(token));
  if (expirations.some((one) => one === undefined)) return lockLost;
  return {
    status: 200,
    description: 'OK',
    body: {
      expirations: rhea.types.wrap_array(
        expirations.map((ms) => ms ?? 0),
        0x83,
        undefined,
      ),
    },
  };
}

function peek(entity: Entity, body: Record<string, unknown>): ManagementReply {
  const messages = entity.peek(number(body['from-sequence-number']), number(body['message-count']));
  if (messages.length === 0) return { status: 204, description: 'No messages.' };
  return {
    status: 200,
    description: 'OK',
    body: { messages: messages.map((message) => ({ message: encode(toAmqp(message)) })) },
  };
}

function schedule(entity: Entity, body: Record<string, unknown>, nowMs: number): ManagementReply {
  const messages = (body['messages'] as { message: Buffer }[]).map(({ message }) =>
    toNewMessage(decode(message), nowMs),
  );
  const sequences = entity.enqueue(messages);
  return {
    status: 200,
    description: 'OK',
    body: { 'sequence-numbers': rhea.types.wrap_array(sequences, 0x81, undefined) },
  };
}

function receiveDeferred(entity: Entity, body: Record<string, unknown>): ManagementReply {
  const asked = numbers(body['sequence-numbers']);
  const locked = entity.receiveDeferred(asked);
  if (locked.length < asked.length)
    return {
      status: 404,
      description: 'Failed to lock one or more specified messages. The message does not exist.',
      condition: 'com.microsoft:message-not-found',
    };
  return {
    status: 200,
    description: 'OK',
    body: {
      messages: locked.map((one) => ({
        'lock-token': rhea.types.wrap_uuid(one.lockToken),
        message: encode(toAmqp(one.message, one)),
      })),
    },
  };
}

function updateDisposition(entity: Entity, body: Record<string, unknown>): ManagementReply {
  const raw = (body['lock-tokens'] as Buffer[]).map((token) => Buffer.from(token));
  const settle = (token: Buffer): boolean => {
    switch (body['disposition-status']) {
      case 'completed':
        return entity.complete(token);
      case 'abandoned':
        return entity.abandon(token);
      case 'defered':
        return entity.defer(token);
      default:
        return entity.deadLetter(token, {
          reason: String(body['deadletter-reason'] ?? ''),
          description: String(body['deadletter-description'] ?? ''),
        });
    }
  };
  // Tokens of deferred messages are not reordered, those of links are.
  const held = raw.map((token) => settle(token) || settle(swapGuid(token)));
  return held.every(Boolean) ? { status: 200, description: 'OK' } : lockLost;
}

function tokens(value: unknown): Buffer[] {
  return (value as Buffer[]).map((token) => swapGuid(Buffer.from(token)));
}

function numbers(value: unknown): number[] {
  return (value as unknown[]).map(number);
}

/** Longs arrive as numbers or as 8-byte buffers. */
function number(value: unknown): number {
  return Buffer.isBuffer(value) ? Number(value.readBigInt64BE()) : Number(value);
}
