import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of data contracts. */
export const dataContractErrors = {
  'data-contract.invalid': {
    status: 422,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The data contract is not valid.',
    remedy: 'Correct the places that the details name; `whence pipeline check` shows them with their lines.',
  },
  'data-contract.too-large': {
    status: 422,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The data is too large to be checked inside the function app.',
    remedy:
      'Narrow `trigger.data.path`, or take files out of the landing container: a data version holds every file that matches.',
  },
} as const satisfies Record<string, ErrorEntry>;
