import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of the area `pipeline`. */
export const pipelineErrors = {} as const satisfies Record<string, ErrorEntry>;
