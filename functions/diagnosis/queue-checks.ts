import type { Check, DiagnosisDependencies } from './check.ts';

/** Queues that triggers read; a message that waits longer is one that nobody takes. */
const READ = ['data-events', 'ml-events'] as const;
/** Where the app sends to. */
const SENT = ['quarantine', 'pipeline-events'] as const;
/** @source azure-facts.md 1: a function app that has scaled to zero takes its first message within about a minute */
const WAITS_TOO_LONG_MS = 300_000;

/** Whether the app may use its queues, and whether messages are taken from them. */
export function queueChecks({ bus, clock }: DiagnosisDependencies): readonly Check[] {
  return [
    ...READ.map((queue): Check => ({
      area: 'queues',
      check: `receives from the queue ${queue}`,
      fix: `Give the app's identity the role Azure Service Bus Data Receiver on the queue ${queue}. If messages wait: does the function ${queue} run? Its failures are in the workbook; docs/runbooks/dead-letter.md`,
      ask: async () => {
        const since = await bus.peek(queue);
        if (since === undefined) return 'empty';
        const waitsMs = clock.nowMs() - Date.parse(since);
        const text = `the next message waits since ${since}`;
        return waitsMs > WAITS_TOO_LONG_MS ? { warning: text } : text;
      },
    })),
    ...SENT.map((entity): Check => ({
      area: 'queues',
      check: `sends to ${entity}`,
      fix: `Give the app's identity the role Azure Service Bus Data Sender on ${entity}.`,
      ask: async () => {
        await bus.checkSending(entity);
        return 'may send';
      },
    })),
  ];
}
