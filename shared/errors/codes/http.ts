import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of the area `http`. */
export const httpErrors = {} as const satisfies Record<string, ErrorEntry>;
