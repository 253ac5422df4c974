import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of the area `storage`. */
export const storageErrors = {} as const satisfies Record<string, ErrorEntry>;
