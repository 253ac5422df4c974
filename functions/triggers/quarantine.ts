import { digestOf } from '#shared/domain/digest.ts';
import { limits } from '#shared/domain/limits.ts';

import type { Dependencies } from '../dependencies.ts';

/** Queue of messages that could not be read. */
const QUARANTINE = 'quarantine';

/** A message as a trigger got it. */
export interface ReceivedMessage {
  readonly messageId: string;
  /** Parsed JSON where it was JSON, else text. */
  readonly body: unknown;
}

/**
 * Puts a message that cannot be read into the queue `quarantine`, with the reason and its original id. The caller then
 * completes the original: nothing is lost, and nothing blocks the queue.
 *
 * @param queue - where it came from
 * @param reason - why it cannot be read, for a person
 */
export async function quarantine(
  deps: Pick<Dependencies, 'bus' | 'telemetry'>,
  queue: string,
  message: ReceivedMessage,
  reason: string,
): Promise<'quarantined'> {
  const text = JSON.stringify(message.body) ?? '';
  await deps.bus.send(QUARANTINE, {
    messageId: digestOf({ queue, messageId: message.messageId, body: text }),
    subject: queue,
    contentType: 'application/json',
    body: {
      queue,
      originalMessageId: message.messageId,
      reason,
      body: text.slice(0, limits.payloadBytes / 2),
      truncated: text.length > limits.payloadBytes / 2,
    },
    properties: { originalMessageId: message.messageId, reason: reason.slice(0, 1_000), queue },
  });
  deps.telemetry.log('message.quarantined', { queue, messageId: message.messageId, reason });
  return 'quarantined';
}
