import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of the area `data-window`. */
export const dataWindowErrors = {} as const satisfies Record<string, ErrorEntry>;
