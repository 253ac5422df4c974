import { isWhenceError, WhenceError } from '#shared/errors/whence-error.ts';

/** What is read of an error of the storage SDKs. */
export interface StorageFault {
  readonly status: number | undefined;
  /** Error code of the service, as in `BlobAlreadyExists`. */
  readonly code: string | undefined;
}

/** @returns HTTP status and code of an SDK error; undefined members where there was no answer */
export function faultOf(error: unknown): StorageFault {
  const { statusCode, code, details } = (typeof error === 'object' && error !== null ? error : {}) as {
    statusCode?: unknown;
    code?: unknown;
    details?: { errorCode?: unknown };
  };
  const serviceCode = details?.errorCode ?? code;
  return {
    status: typeof statusCode === 'number' ? statusCode : undefined,
    code: typeof serviceCode === 'string' ? serviceCode : undefined,
  };
}

/**
 * @param what - what was tried, without payloads
 * @returns the transient error that a caller may retry
 */
export function unavailable(what: string, cause: unknown): WhenceError {
  if (isWhenceError(cause)) return cause;
  const { status, code } = faultOf(cause);
  return new WhenceError(
    'storage.unavailable',
    `${what}: ${code ?? 'no answer'}${status === undefined ? '' : ` (${status})`}.`,
    { cause, details: { status, code } },
  );
}

/** Retries of the SDKs: short, because activities and handlers retry too. */
export const retryOptions = { maxRetries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2_000 } as const;
