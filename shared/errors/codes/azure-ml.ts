import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of the area `azure-ml`. */
export const azureMlErrors = {} as const satisfies Record<string, ErrorEntry>;
