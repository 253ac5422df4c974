/** @returns whether a value is an object with keys: neither null nor a list */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Looks a name up that a stranger chose: `constructor` and the like are not taken from the prototype.
 *
 * @returns what the record has of its own under the name
 */
export function ownEntry<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
