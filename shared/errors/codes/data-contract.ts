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
      'Check it in a job: remove `data.contract`, and let the train job begin with the check; or land smaller files.',
  },
} as const satisfies Record<string, ErrorEntry>;
