/** A request and an answer of the ARM API, without HTTP. */

/** A request below the workspace. */
export interface Call {
  readonly method: string;
  /** Path below the workspace, decoded; the first segment is in lower case. */
  readonly segments: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
  /** The whole address, for links to further pages. */
  readonly url: URL;
}

/** What is answered. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @returns `200 OK` with a body */
export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/**
 * One page of a list. The link to the next page is an address of its own, as ARM gives it.
 *
 * @param pageSize - items of a page where the caller asks for no `$top`
 */
export function page<Item>(
  { url }: Call,
  all: readonly Item[],
  pageSize: number,
  view: (item: Item) => unknown,
): Answer {
  const from = whole(url.searchParams.get('$skip')) ?? 0;
  const top = Math.min(whole(url.searchParams.get('$top') ?? url.searchParams.get('count')) ?? pageSize, pageSize);
  const value = all.slice(from, from + top).map(view);
  if (from + top >= all.length) return ok({ value });
  const next = new URL(url);
  next.searchParams.set('$skip', String(from + top));
  return ok({ value, nextLink: next.href });
}

function whole(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
