/** Which addresses are of this machine, so that what is sent there reaches nobody else. */

/** @returns whether a URL is HTTP to a loopback address */
export function isLoopback(url: string): boolean {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return false;
  // The parser has brought every spelling of an IPv4 address into this one.
  return /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(parsed.hostname);
}

/** What a connection string may hold. Other keys could be read as one of these by a lenient parser. */
const KNOWN = new Set([
  'DefaultEndpointsProtocol',
  'AccountName',
  'AccountKey',
  'SharedAccessSignature',
  'BlobEndpoint',
  'QueueEndpoint',
  'TableEndpoint',
]);

/** @returns whether a connection string names the blob storage of this machine, and nothing beyond this machine */
export function isBlobStorageOnLoopback(connectionString: string): boolean {
  const parts = connectionString
    .split(';')
    .filter((part) => part !== '')
    .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)] as const);
  const values = new Map(parts);
  return (
    values.size === parts.length &&
    values.has('BlobEndpoint') &&
    parts.every(([key, value]) => KNOWN.has(key) && (!key.endsWith('Endpoint') || isLoopback(value)))
  );
}
