import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of data windows. */
export const dataWindowErrors = {} as const satisfies Record<string, ErrorEntry>;
