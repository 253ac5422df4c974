import { errorCatalogue, type ErrorCode } from './catalogue.ts';
import type { ErrorEntry } from './error-entry.ts';

/** Facts about one occurrence of an error: plain JSON, no secrets, no payloads. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/**
 * The one error class. Decide by `code` or `retry`, never by message or class.
 *
 * An activity throws it only for what should be retried; terminal outcomes are values (see {@link toFailure}).
 */
export class WhenceError extends Error {
  override readonly name = 'WhenceError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  /**
   * @param code - entry of the catalogue
   * @param message - what happened here, in one sentence, without secrets
   * @param options - `details` for programs, `cause` for whoever debugs
   */
  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly details?: ErrorDetails; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  /** The catalogue's entry of this error's code. */
  get entry(): ErrorEntry {
    return errorCatalogue[this.code];
  }

  /** Whether the same call may succeed later without a change. */
  get isTransient(): boolean {
    return this.entry.retry === 'transient';
  }
}

/** @returns whether `value` is a {@link WhenceError}, also one of another copy of this module */
export function isWhenceError(value: unknown): value is WhenceError {
  return value instanceof Error && value.name === 'WhenceError' && 'code' in value;
}

/** A failure as a value: what activities and API bodies carry instead of a thrown error. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

/**
 * @param error - a {@link WhenceError}
 * @returns its plain-JSON form
 */
export function toFailure(error: WhenceError): Failure {
  return { code: error.code, message: error.message, details: error.details };
}
