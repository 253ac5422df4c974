/**
 * Text of data as it may stand on a terminal. What comes from outside (an API, a file, an event) could hold characters that
 * move the cursor, rename the window or turn the direction of writing; a reader would see something else than what is there.
 */

/** Control characters, but for line breaks and tabs; and what overrides the direction of writing (UAX #9). */
const UNSAFE = '(?![\\n\\t])[\\p{Cc}\\u202A-\\u202E\\u2066-\\u2069]';
const unsafe = new RegExp(UNSAFE, 'gu');
/** The same, but for the colours that `tone` writes. @source ECMA-48, SGR */
const unsafeButColours = new RegExp(`(?!\\u001B\\[\\d{1,2}m)${UNSAFE}`, 'gu');
/** Shows that there was something. */
const INSTEAD = '\uFFFD';

/** @returns a value, with every text in it (keys too) as it may stand on a terminal; call it before colours are added */
export function printable<T>(value: T): T {
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\r\n', '\n').replaceAll(unsafe, INSTEAD);
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [clean(key), clean(one)]));
}

/** @returns finished text without anything that steers a terminal, but for colours */
export function onlyColours(text: string): string {
  return text.replaceAll(unsafeButColours, INSTEAD);
}

/** @returns JSON in which such characters are escapes too: JSON itself asks for this only below U+0020 */
export function jsonText(value: unknown, space?: number): string {
  const text = JSON.stringify(value, null, space) ?? 'null';
  return text.replaceAll(unsafe, (one) => `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}
