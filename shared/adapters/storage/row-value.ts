import { limits } from '#shared/domain/limits.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { RecordValue } from '#shared/ports/record-store.ts';

/** Characters of one property. @source Azure Table storage: a string property holds 64 KiB of UTF-16, 32 K characters */
const CHUNK_CHARS = 31_000;

/**
 * A value as the columns of a row: its JSON in properties `json0`, `json1`, … The JSON is ASCII: Azurite decodes a body
 * piece by piece, and spoils characters that lie on a border.
 *
 * @throws {WhenceError} `storage.record-too-large`
 */
export function toColumns(value: RecordValue): Record<string, string> {
  const json = JSON.stringify(value).replaceAll(/[\u0080-\uffff]/g, escaped);
  if (json.length > limits.recordBytes)
    throw new WhenceError(
      'storage.record-too-large',
      `A record has ${json.length} characters, more than ${limits.recordBytes}.`,
    );
  const columns: Record<string, string> = {};
  for (let at = 0; at * CHUNK_CHARS < json.length; at += 1)
    columns[`json${at}`] = json.slice(at * CHUNK_CHARS, (at + 1) * CHUNK_CHARS);
  return columns;
}

/** One UTF-16 code unit as JSON may write it. */
function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** @returns the value that {@link toColumns} stored */
export function fromColumns(columns: Readonly<Record<string, unknown>>): RecordValue {
  let json = '';
  for (let at = 0; typeof columns[`json${at}`] === 'string'; at += 1) json += String(columns[`json${at}`]);
  return JSON.parse(json) as RecordValue;
}
