/**
 * Requests as the worker gets them, and its answers as responses.
 *
 * @source local-runtime.md §2.3, durable-traces/http.json
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { RpcCookie, RpcHttpData } from '../worker/rpc.ts';

/** Largest request body. @source local-runtime.md §2.3: 100 MB, beyond it 500 */
export const BODY_BYTES = 104_857_600;

/** @returns the whole body, or undefined where it is larger than {@link BODY_BYTES} */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size <= BODY_BYTES) chunks.push(chunk);
  }
  return size > BODY_BYTES ? undefined : Buffer.concat(chunks);
}

/** The request as the worker gets it, names in lower case, values of one name joined. */
export function toRpcRequest(
  request: IncomingMessage,
  url: URL,
  params: Readonly<Record<string, string>>,
  body: Buffer,
): RpcHttpData {
  return {
    url: `${url.origin}${request.url ?? '/'}`,
    method: request.method ?? 'GET',
    nullableHeaders: nullable(headersOf(request)),
    nullableQuery: nullable(queryOf(url)),
    nullableParams: nullable(params),
    ...(body.length === 0 ? {} : { body: { bytes: body } }),
  };
}

/** @returns the headers; several of one name are joined by a comma, cookies by a semicolon */
export function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

/** @returns the query; values of one key are joined by a comma */
export function queryOf(url: URL): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [key, value] of url.searchParams) query[key] = query[key] === undefined ? value : `${query[key]},${value}`;
  return query;
}

const bodyless = new Set([204, 205, 304]);

/** Sends what the worker answered. */
export function writeResponse(response: ServerResponse, http: RpcHttpData): void {
  const status = Number(http.statusCode ?? 200);
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    writeEmpty(response, 500);
    return;
  }
  const cookies = (http.cookies ?? []).map(cookieText);
  for (const [name, value] of Object.entries(http.headers ?? {})) response.setHeader(name, value);
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  const { body } = http;
  const bytes = body?.bytes === undefined ? Buffer.from(body?.string ?? body?.json ?? '') : Buffer.from(body.bytes);
  if (bytes.length === 0 || bodyless.has(status)) {
    writeEmpty(response, status);
    return;
  }
  response.writeHead(status).end(bytes);
}

/** Answers without a body, and says so where the status doesn't. */
export function writeEmpty(response: ServerResponse, status: number): void {
  if (!bodyless.has(status)) response.setHeader('content-length', '0');
  response.writeHead(status).end();
}

/** The words of the cookie's `sameSite`, also in the numbers of the protocol; the first one means that it isn't set. */
const sameSites: readonly { readonly words: readonly unknown[]; readonly text: string | undefined }[] = [
  { words: [0, 'none', undefined], text: undefined },
  { words: [1, 'lax'], text: 'lax' },
  { words: [2, 'strict'], text: 'strict' },
  { words: [3, 'explicitNone'], text: 'none' },
];

function cookieText(cookie: RpcCookie): string {
  const seconds = cookie.expires?.value?.seconds;
  const sameSite = sameSites.find(({ words }) => words.includes(cookie.sameSite));
  if (sameSite === undefined)
    throw new Error(`The cookie "${cookie.name}" has a sameSite that is not known: ${String(cookie.sameSite)}.`);
  return [
    `${cookie.name}=${encodeURIComponent(cookie.value)}`,
    ...(seconds === undefined ? [] : [`expires=${new Date(Number(seconds) * 1_000).toUTCString()}`]),
    ...(cookie.maxAge?.value === undefined ? [] : [`max-age=${cookie.maxAge.value}`]),
    ...(cookie.domain?.value === undefined ? [] : [`domain=${cookie.domain.value}`]),
    `path=${cookie.path?.value ?? '/'}`,
    ...(cookie.secure?.value === true ? ['secure'] : []),
    ...(sameSite.text === undefined ? [] : [`samesite=${sameSite.text}`]),
    ...(cookie.httpOnly?.value === true ? ['httponly'] : []),
  ].join('; ');
}

function nullable(values: Readonly<Record<string, string>>): Record<string, { value: string }> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}
