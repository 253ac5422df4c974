import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of Azure ML. */
export const azureMlErrors = {
  'azure-ml.unavailable': {
    status: 503,
    retry: 'transient',
    audience: 'system',
    summary: 'Azure ML did not answer as it must.',
    remedy: 'Try again; if it lasts, look at the workspace and at the roles of the app.',
  },
  'azure-ml.refused': {
    status: 422,
    retry: 'terminal',
    audience: 'operator',
    summary: 'Azure ML refused a request.',
    remedy: 'Read its code and message in the details, and correct the YAML or the stage profile.',
  },
  'azure-ml.endpoint-authentication': {
    status: 409,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The callers of the endpoint show something else than tokens of Entra.',
    remedy: 'Give it `aad_token` as its `auth_mode`, as the message says. Whence never asks for keys.',
  },
  'azure-ml.name-taken': {
    status: 409,
    retry: 'terminal',
    audience: 'operator',
    summary: 'Something of that name is there already and is not ours.',
    remedy: 'Choose another name in the pipeline, or remove the other thing.',
  },
} as const satisfies Record<string, ErrorEntry>;
