/**
 * One text for one value, so that digests of JSON are stable: object keys sorted by code unit, no white space,
 * `undefined` members left out.
 *
 * @param value - plain JSON data
 * @returns its canonical text
 * @throws {TypeError} for functions, symbols, bigints, NaN and infinities, which JSON cannot say
 * @source RFC 8785 (JSON Canonicalization Scheme), for the values that Whence stores
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`canonicalJson cannot say ${String(value)}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`canonicalJson cannot say a ${typeof value}`);
}
