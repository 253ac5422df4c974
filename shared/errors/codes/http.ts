import type { ErrorEntry } from '../error-entry.ts';

/** Error codes of the HTTP API. */
export const httpErrors = {
  'http.invalid-request': {
    status: 400,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The request does not have the shape that the API states.',
    remedy: 'Correct what the details name; /api/v1/openapi.json describes every request.',
  },
  'http.unauthenticated': {
    status: 401,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The request shows no valid access token.',
    remedy: 'Show a current token of the configured issuer and audience in the header Authorization.',
  },
  'http.forbidden': {
    status: 403,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The caller does not have the role that this needs.',
    remedy: 'Ask an administrator for the app role that the details name.',
  },
  'http.not-found': {
    status: 404,
    retry: 'terminal',
    audience: 'operator',
    summary: 'There is no such thing.',
    remedy: 'List what there is, and correct the name.',
  },
  'http.too-large': {
    status: 413,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The request body is larger than the API accepts.',
    remedy: 'Send less than the limit that the details name.',
  },
  'http.idempotency-key-missing': {
    status: 400,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The request needs a header Idempotency-Key.',
    remedy: 'Send a key of your own, at most 200 characters, and the same one when you try again.',
  },
  'http.idempotency-key-reused': {
    status: 422,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The Idempotency-Key was used for another request.',
    remedy: 'Use a new key for a new request.',
  },
  'http.issuer-unavailable': {
    status: 503,
    retry: 'transient',
    audience: 'system',
    summary: 'The keys of the token issuer cannot be read.',
    remedy: 'Try again; if it lasts, check that the app reaches the issuer.',
  },
} as const satisfies Record<string, ErrorEntry>;
