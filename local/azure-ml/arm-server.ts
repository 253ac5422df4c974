/** The HTTPS side of the ARM API: callers, addresses, bodies and errors, as ARM has them. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { ArmError, invalid } from './arm-error.ts';
import type { OnProblem } from './background.ts';
import type { Answer, Call } from './call.ts';

/** What the server needs. */
export interface ArmServerOptions {
  readonly port: number;
  readonly certificate: { readonly cert: string; readonly key: string };
  /** ARM id of the only workspace. */
  readonly workspaceId: string;
  readonly verify: (token: string, audiences: readonly string[]) => Promise<unknown>;
  readonly answer: (call: Call) => Answer | Promise<Answer>;
  /** Says for how many seconds a call is put off; a switch for tests. */
  readonly putOff?: ((call: Call) => number | undefined) | undefined;
  readonly onProblem: OnProblem;
}

/** A listening server. */
export interface ArmServer {
  readonly baseUrl: string;
  stop(): Promise<void>;
}

const AUDIENCES = ['https://management.azure.com', 'https://management.azure.com/'];
/** Largest body. */
const BODY_BYTES = 4_000_000;

/** Starts the server on the loopback address. */
export async function startArmServer(options: ArmServerOptions): Promise<ArmServer> {
  const { cert, key } = options.certificate;
  let baseUrl = '';
  const server = createServer({ cert, key }, (request, response) => void serve(options, baseUrl, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  baseUrl = `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return {
    baseUrl,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  options: ArmServerOptions,
  baseUrl: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answer = await answerOf(options, baseUrl, request);
  response.writeHead(answer.status, {
    'x-ms-request-id': randomUUID(),
    ...(answer.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    ...answer.headers,
  });
  response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
}

async function answerOf(options: ArmServerOptions, baseUrl: string, request: IncomingMessage): Promise<Answer> {
  try {
    await authorise(options, request);
    const call = await callOf(options, baseUrl, request);
    const retryAfterS = options.putOff?.(call);
    if (retryAfterS !== undefined) throw new ArmError(429, 'TooManyRequests', 'Too many requests.', retryAfterS);
    return await options.answer(call);
  } catch (error) {
    if (!(error instanceof ArmError)) options.onProblem(`${request.method} ${request.url}`, error);
    const told =
      error instanceof ArmError ? error : new ArmError(500, 'InternalServerError', 'The stand-in made a mistake.');
    const body = { error: { code: told.code, message: told.message, details: [], additionalInfo: [] } };
    const { retryAfterS } = told;
    return {
      status: told.status,
      body,
      ...(retryAfterS === undefined ? {} : { headers: { 'retry-after': String(retryAfterS) } }),
    };
  }
}

async function authorise({ verify }: ArmServerOptions, request: IncomingMessage): Promise<void> {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined)
    throw new ArmError(401, 'AuthenticationFailed', 'Authentication failed. The Authorization header is missing.');
  await verify(token, AUDIENCES).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new ArmError(401, 'InvalidAuthenticationToken', `The access token is invalid: ${why}`);
  });
}

async function callOf({ workspaceId }: ArmServerOptions, baseUrl: string, request: IncomingMessage): Promise<Call> {
  const url = new URL(request.url ?? '/', baseUrl);
  if (!/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(url.searchParams.get('api-version') ?? ''))
    throw new ArmError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  const path = url.pathname.toLowerCase();
  const workspace = workspaceId.toLowerCase();
  if (path !== workspace && !path.startsWith(`${workspace}/`))
    throw new ArmError(404, 'ResourceNotFound', `The laptop has one workspace only: ${workspaceId}.`);
  const segments = url.pathname
    .slice(workspaceId.length)
    .split('/')
    .filter((part) => part !== '')
    .map(decodeSegment);
  return {
    method: request.method ?? 'GET',
    segments: segments.map((segment, index) => (index === 0 ? segment.toLowerCase() : segment)),
    url,
    body: await bodyOf(request),
  };
}

function decodeSegment(segment: string): string {
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch (cause) {
    throw Object.assign(invalid(`The path has a part that cannot be read: ${segment}`), { cause });
  }
  if (/[/\\\0]/.test(text) || text === '.' || text === '..')
    throw invalid(`The path has a part that is no name: ${segment}`);
  return text;
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > BODY_BYTES)
      throw new ArmError(413, 'RequestEntityTooLarge', `The body is larger than ${BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  } catch (cause) {
    throw Object.assign(invalid('The body is not JSON.'), { cause });
  }
  throw invalid('The body is no JSON object.');
}
