import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of the area `run`. */
export const runErrors = {} as const satisfies Record<string, ErrorEntry>;
