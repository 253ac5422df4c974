import type { z } from 'zod';

/** An error as ARM answers it. */
export class ArmError extends Error {
  override readonly name = 'ArmError';
  readonly status: number;
  readonly code: string;
  /** Seconds after which the caller may try again. */
  readonly retryAfterS: number | undefined;

  constructor(status: number, code: string, message: string, retryAfterS?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

/** @returns the error for something that the stand-in does not do */
export function notServed(what: string): ArmError {
  return new ArmError(501, 'NotServedByLaptop', `${what} is not served by the laptop's Azure ML.`);
}

/** @returns the error for a body that Azure ML would refuse */
export function invalid(message: string): ArmError {
  return new ArmError(400, 'UserError', message);
}

/** @returns the error for a resource that is not there */
export function notFound(what: string): ArmError {
  return new ArmError(404, 'ResourceNotFound', `${what} was not found.`);
}

/** @returns the error for a resource that is being changed */
export function conflict(message: string): ArmError {
  return new ArmError(409, 'Conflict', message);
}

/**
 * Reads a body with a strict schema: what the stand-in does not honour is refused by name, never ignored.
 *
 * @param what - for the message, as in `The job`
 * @throws {ArmError} 501 for keys that are not served, 400 for wrong values
 */
export function readBody<Schema extends z.ZodType>(schema: Schema, body: unknown, what: string): z.output<Schema> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const unknownKeys = read.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
  );
  if (unknownKeys.length > 0) throw notServed(`${what}: ${unknownKeys.join(', ')}`);
  const problems = read.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw invalid(`${what}: ${problems.join('; ')}`);
}
