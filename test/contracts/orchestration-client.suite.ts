/** What every implementation of the port `OrchestrationClient` does. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { endedInstanceStatuses, type OrchestrationClient } from '#shared/ports/orchestration-client.ts';

/** An implementation with the orchestration `waits`, which ends when it gets the event `go`. */
export interface OrchestrationClientSubject extends AsyncDisposable {
  readonly client: OrchestrationClient;
  /** Lets everything happen that can. */
  settled(): Promise<void>;
}

/** Runs the suite. */
export function orchestrationClientSuite(name: string, open: () => Promise<OrchestrationClientSubject>): void {
  describe(`OrchestrationClient: ${name}`, () => {
    let subject: OrchestrationClientSubject;
    let client: OrchestrationClient;
    beforeAll(async () => {
      subject = await open();
      ({ client } = subject);
    });
    afterAll(() => subject[Symbol.asyncDispose]());

    it('does not know an instance that was never started', async () => {
      expect(await client.status('never')).toBe('unknown');
      expect(await client.raiseEvent('never', 'go', {})).toBe(false);
    });

    it('starts an instance once while it is alive', async () => {
      expect(await client.start('waits', 'once', {})).toBe('started');
      expect(await client.start('waits', 'once', {})).toBe('alive');
      await subject.settled();
      expect(await client.start('waits', 'once', {})).toBe('alive');
      expect(await client.status('once')).toBe('Running');
    });

    it('brings an event to a waiting instance, which ends', async () => {
      await client.start('waits', 'event', {});
      await subject.settled();
      expect(await client.raiseEvent('event', 'go', { a: 1 })).toBe(true);
      await subject.settled();
      expect(await client.status('event')).toBe('Completed');
    });

    it('silently starts an ended instance again', async () => {
      await client.start('waits', 'again', {});
      await subject.settled();
      await client.raiseEvent('again', 'go', {});
      await subject.settled();
      expect(endedInstanceStatuses.has(await client.status('again'))).toBe(true);
      expect(await client.start('waits', 'again', {})).toBe('started');
      await subject.settled();
      expect(await client.status('again')).toBe('Running');
    });

    it('drops an event for an instance that has ended', async () => {
      await client.start('waits', 'late', {});
      await subject.settled();
      await client.raiseEvent('late', 'go', {});
      await subject.settled();
      await client.raiseEvent('late', 'go', {});
      await subject.settled();
      expect(await client.status('late')).toBe('Completed');
    });
  });
}
