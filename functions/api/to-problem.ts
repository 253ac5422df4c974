import type { Problem } from '#shared/contracts/api/problem.ts';
import { errorCatalogue } from '#shared/errors/catalogue.ts';
import { isWhenceError, WhenceError } from '#shared/errors/whence-error.ts';

/** Where the error codes are explained. */
const DOCS = 'https://whence.dev/errors';

/**
 * @param error - whatever a handler threw
 * @param instance - path of the request
 * @returns the problem to answer; nothing internal is told of an error that is not ours
 */
export function toProblem(error: unknown, instance: string): Problem {
  const known = isWhenceError(error)
    ? error
    : new WhenceError('core.internal', 'Something failed that Whence did not foresee.');
  const entry = errorCatalogue[known.code];
  return {
    type: `${DOCS}#${known.code}`,
    title: entry.summary,
    status: entry.status,
    detail: known.message,
    instance,
    code: known.code,
    remedy: entry.remedy,
    details: { ...known.details },
  };
}
