import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of records and blobs. */
export const storageErrors = {
  'storage.unavailable': {
    status: 503,
    retry: 'transient',
    audience: 'system',
    summary: 'The storage account did not answer as it must.',
    remedy: 'Try again; if it lasts, look at the storage account and at the roles of the app.',
  },
  'storage.record-too-large': {
    status: 500,
    retry: 'terminal',
    audience: 'system',
    summary: 'A record is larger than a row may be.',
    remedy: 'Report it: something of unbounded size went into a row instead of a blob.',
  },
} as const satisfies Record<string, ErrorEntry>;
