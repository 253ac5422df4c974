/** What every implementation of the port `MessageBus` does. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { MessageBus, OutgoingMessage } from '#shared/ports/message-bus.ts';

/** An implementation with the queue `q` and the topic `t`. */
export interface MessageBusSubject extends AsyncDisposable {
  readonly bus: MessageBus;
  /** @returns what came, oldest first; whoever asks takes it */
  received(entity: 'q' | 't'): Promise<readonly OutgoingMessage[]>;
}

/** Runs the suite. */
export function messageBusSuite(name: string, open: () => Promise<MessageBusSubject>): void {
  describe(`MessageBus: ${name}`, () => {
    let subject: MessageBusSubject;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject[Symbol.asyncDispose]());

    it.each(['q', 't'] as const)('brings a message to %s with everything that it says', async (entity) => {
      const message: OutgoingMessage = {
        messageId: `to-${entity}`,
        body: { text: 'ünï ☃', list: [1, null, { deep: true }] },
        subject: 'about',
        contentType: 'application/json',
        correlationId: 'with',
        properties: { text: 'a', number: 1.5, yes: true },
      };
      await subject.bus.send(entity, message);
      expect(await subject.received(entity)).toEqual([message]);
    });

    it('brings messages in order', async () => {
      for (let n = 0; n < 5; n += 1) await subject.bus.send('q', { messageId: `n-${n}`, body: { n } });
      expect((await subject.received('q')).map(({ body }) => body)).toEqual([0, 1, 2, 3, 4].map((n) => ({ n })));
    });

    it('says that an entity is missing', async () => {
      await expect(subject.bus.send('nowhere', { messageId: 'm', body: {} })).rejects.toMatchObject({
        code: 'service-bus.entity-missing',
      });
      await subject.bus.send('q', { messageId: 'after', body: {} });
      expect(await subject.received('q')).toHaveLength(1);
    });

    it('says whether it may send, without sending', async () => {
      await subject.bus.checkSending('q');
      await subject.bus.checkSending('t');
      expect(await subject.received('q')).toEqual([]);
      await expect(subject.bus.checkSending('nowhere')).rejects.toMatchObject({ code: 'service-bus.entity-missing' });
    });

    it('looks at a queue without taking anything', async () => {
      await subject.bus.send('q', { messageId: 'waits', body: {} });
      expect(await subject.bus.peek('q')).toMatch(/^\d{4}-\d\d-\d\dT/);
      expect(await subject.received('q')).toHaveLength(1);
      await expect(subject.bus.peek('nowhere')).rejects.toMatchObject({ code: 'service-bus.entity-missing' });
    });

    it('says that a message is too large', async () => {
      const body = { text: 'x'.repeat(300_000) };
      const code = await subject.bus.send('q', { messageId: 'large', body }).then(
        () => 'sent',
        (error: { readonly code?: string }) => error.code,
      );
      expect(code).toBe('service-bus.too-large');
    });
  });
}
