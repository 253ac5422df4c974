import { digestOf, shortDigestOf } from '../digest.ts';

/** Row key of an arrival: paths may hold anything, row keys may not. */
export function arrivalKey(path: string, etag: string): string {
  return digestOf({ path, etag });
}

/** Row key of a rejection. */
export function rejectionKey(path: string, sha256: string): string {
  return digestOf({ path, sha256 });
}

/** Instance id of the orchestration of a data window. */
export function windowInstanceId(pipeline: string, generation: number): string {
  return `${pipeline}-${generation}`;
}

/** What a run key is made of. */
export interface RunKeyParts {
  readonly pipelineVersion: string;
  readonly manifestDigest: string;
  /** Empty for the first run of a version over these bytes. */
  readonly occasion: string;
}

/** @returns the key that is run once: 64 hex digits */
export function runKeyOf({ pipelineVersion, manifestDigest, occasion }: RunKeyParts): string {
  return digestOf({ pipelineVersion, manifestDigest, occasion });
}

/** @returns the id of a run, which is also its instance id */
export function runIdOf(pipeline: string, runKey: string): string {
  return `${pipeline}-r-${runKey.slice(0, 20)}`;
}

/** @returns the id of the request that an Idempotency-Key makes */
export function requestIdOf(pipeline: string, by: string, idempotencyKey: string): string {
  return shortDigestOf({ pipeline, by, idempotencyKey });
}
