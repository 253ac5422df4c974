import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of the area `service-bus`. */
export const serviceBusErrors = {} as const satisfies Record<string, ErrorEntry>;
