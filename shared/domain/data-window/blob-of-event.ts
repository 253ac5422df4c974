/** What an event names, rebuilt: nothing of it is used as an address. */
export interface EventBlob {
  readonly container: string;
  readonly path: string;
  /** Without quotes. */
  readonly etag: string;
}

/** The parts of an event that name a blob. */
export interface EventParts {
  readonly source: string;
  readonly url: string;
  readonly eTag: string;
}

/** The account that may send. */
export interface ExpectedAccount {
  /** ARM id of the storage account. */
  readonly accountId: string;
}

/**
 * Reads the blob that an event names. The account is told by `source`, container and path by the URL's path, whatever
 * its host: `blob` and `dfs` addresses, and path-style addresses with the account in front.
 *
 * @returns the blob, or why the event is refused
 */
export function blobOfEvent(
  { source, url, eTag }: EventParts,
  { accountId }: ExpectedAccount,
): { readonly blob: EventBlob } | { readonly problem: string } {
  if (source.toLowerCase() !== accountId.toLowerCase()) return { problem: 'the event is from another storage account' };
  const account = accountId.split('/').at(-1) ?? '';
  const { hostname, pathname } = new URL(url);
  const segments = pathname.split('/').slice(1);
  const isHostStyle = hostname.startsWith(`${account.toLowerCase()}.`);
  if (!isHostStyle && segments[0]?.toLowerCase() === account.toLowerCase()) segments.shift();
  const [container, ...rest] = segments;
  const path = decode(rest.join('/'));
  if (container === undefined || container === '' || path === undefined || path === '')
    return { problem: 'its URL names no blob' };
  return { blob: { container, path, etag: eTag.replaceAll('"', '') } };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
