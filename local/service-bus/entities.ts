/** A queue as it is set up. Times in milliseconds. */
export interface QueueOptions {
  readonly name: string;
  readonly lockDurationMs?: number;
  readonly maxDeliveryCount?: number;
  /** Window of duplicate detection; absent: none. */
  readonly duplicateDetectionWindowMs?: number;
  readonly defaultTtlMs?: number;
  readonly deadLetterOnExpiration?: boolean;
}

/** A topic; every subscription gets every message. */
export interface TopicOptions {
  readonly name: string;
  readonly subscriptions: readonly (Omit<QueueOptions, 'duplicateDetectionWindowMs'> & { readonly name: string })[];
  readonly duplicateDetectionWindowMs?: number;
}

/** What the broker holds. */
export interface EntityList {
  readonly queues: readonly QueueOptions[];
  readonly topics: readonly TopicOptions[];
}

/** Window of duplicate detection of the product's queues. @source infra: PT10M */
const WINDOW_MS = 600_000;

/** What the app needs: the same entities as in `infra/`. */
export const whenceEntities: EntityList = {
  queues: [
    { name: 'data-events', maxDeliveryCount: 10, duplicateDetectionWindowMs: WINDOW_MS, deadLetterOnExpiration: true },
    { name: 'ml-events', maxDeliveryCount: 10, duplicateDetectionWindowMs: WINDOW_MS, deadLetterOnExpiration: true },
    { name: 'quarantine', maxDeliveryCount: 10, duplicateDetectionWindowMs: WINDOW_MS },
  ],
  topics: [{ name: 'pipeline-events', subscriptions: [{ name: 'all' }], duplicateDetectionWindowMs: WINDOW_MS }],
};

/** Lock duration unless set otherwise. @source Azure Service Bus default PT30S */
export const DEFAULT_LOCK_MS = 30_000;
/** Deliveries before dead-lettering unless set otherwise. @source Azure Service Bus default */
export const DEFAULT_MAX_DELIVERIES = 10;
/** Largest message that links take, bytes. @source Azure Service Bus Standard */
export const MAX_MESSAGE_BYTES = 262_144;
