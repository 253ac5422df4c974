import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of sending messages. */
export const serviceBusErrors = {
  'service-bus.unavailable': {
    status: 503,
    retry: 'transient',
    audience: 'system',
    summary: 'Service Bus did not take a message.',
    remedy: 'Try again; if it lasts, look at the namespace and at the roles of the app.',
  },
  'service-bus.entity-missing': {
    status: 500,
    retry: 'terminal',
    audience: 'system',
    summary: 'There is no queue or topic of that name.',
    remedy: 'Create it: infra/ lists the queues and topics that the app needs.',
  },
  'service-bus.too-large': {
    status: 500,
    retry: 'terminal',
    audience: 'system',
    summary: 'A message is larger than Service Bus takes.',
    remedy: 'Report it: a payload went into a message instead of a blob.',
  },
} as const satisfies Record<string, ErrorEntry>;
