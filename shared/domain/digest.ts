import { createHash } from 'node:crypto';

import { canonicalJson } from './canonical-json.ts';

/**
 * @param bytes - text (hashed as UTF-8) or bytes
 * @returns its SHA-256 in 64 lower-case hex digits
 */
export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * @param value - plain JSON data
 * @returns SHA-256 of its canonical text, 64 lower-case hex digits
 */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}

/** How many hex digits of a digest go into a platform name: 80 bits, no collision to be met by chance. */
export const NAME_DIGITS = 20;

/**
 * @param value - plain JSON data that identifies something
 * @returns the first {@link NAME_DIGITS} hex digits of its digest, for names of jobs, versions and deployments
 */
export function shortDigestOf(value: unknown): string {
  return digestOf(value).slice(0, NAME_DIGITS);
}
