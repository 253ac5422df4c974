import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of the area `data-contract`. */
export const dataContractErrors = {} as const satisfies Record<string, ErrorEntry>;
