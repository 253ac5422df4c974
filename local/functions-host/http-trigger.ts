/**
 * HTTP triggers: requests become what the worker gets, and its answers become responses.
 *
 * @source local-runtime.md §2.3
 */
import { randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';

import type { RpcCookie, RpcHttpData, RpcTypedData } from '../worker/rpc.ts';
import type { RegisteredFunction, Worker } from '../worker/worker.ts';
import { compileRoute, type RouteTemplate } from './route-template.ts';

/** Largest request body. @source local-runtime.md §2.3: 100 MB, beyond it 500 */
const BODY_BYTES = 104_857_600;

/** What HTTP triggers need of the host. */
export interface HttpTriggerHost {
  readonly worker: Worker;
  readonly routePrefix: string;
  readonly origin: () => string;
  /** Inputs of a function beside its trigger. */
  readonly extraInputs: (fn: RegisteredFunction) => readonly { readonly name: string; readonly data: RpcTypedData }[];
  readonly timeoutMs: number;
  readonly onError: (fn: RegisteredFunction, error: Error) => void;
}

interface HttpFunction {
  readonly fn: RegisteredFunction;
  readonly route: RouteTemplate;
  readonly methods: ReadonlySet<string>;
}

/** The HTTP triggers of an app. */
export class HttpTriggers {
  readonly #host: HttpTriggerHost;
  readonly #functions: readonly HttpFunction[];

  /** @throws {Error} a malformed route, two functions with one route, an authLevel that is not served */
  constructor(host: HttpTriggerHost, functions: readonly RegisteredFunction[]) {
    this.#host = host;
    this.#functions = functions.map((fn) => toHttpFunction(host.routePrefix, fn));
    const seen = new Map<string, string>();
    for (const { fn, route, methods } of this.#functions) {
      for (const method of methods) {
        const key = `${method} ${route.template.toLowerCase().replaceAll(/\{[^}]*\}/g, '{}')}`;
        const other = seen.get(key);
        if (other !== undefined) throw new Error(`Functions "${other}" and "${fn.name}" have one route: ${key}. In Azure it is not defined which one answers.`);
        seen.set(key, fn.name);
      }
    }
  }

  /** @returns the route of a function, for the list of functions */
  static routeOf(prefix: string, fn: RegisteredFunction): string {
    const route = fn.trigger['route'];
    return [prefix, typeof route === 'string' ? route : fn.name].filter((part) => part !== '').join('/');
  }

  /** Answers a request; 404 where no function has its route and method. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.#host.origin());
    for (const one of this.#functions) {
      const params = one.methods.has(request.method ?? '') ? one.route.match(url.pathname) : undefined;
      if (params === undefined) continue;
      if (this.#host.worker.capabilities['HttpUri'] === undefined) await this.#buffered(one.fn, url, params, request, response);
      else await this.#streamed(one.fn, url, params, request, response, this.#host.worker.capabilities['HttpUri']);
      return;
    }
    response.writeHead(404).end();
  }

  async #buffered(fn: RegisteredFunction, url: URL, params: Readonly<Record<string, string>>, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (body === undefined) {
      response.writeHead(500).end();
      return;
    }
    const http: RpcHttpData = {
      url: url.href,
      method: request.method ?? 'GET',
      nullableHeaders: nullable(headersOf(request)),
      nullableQuery: nullable(queryOf(url)),
      nullableParams: nullable(params),
      ...(body.length === 0 ? {} : { body: { bytes: body } }),
    };
    const result = await this.#host.worker.invoke(fn.name, { inputData: [{ name: fn.trigger.name, data: { http } }, ...this.#host.extraInputs(fn)] });
    if (result.error !== undefined) this.#host.onError(fn, result.error);
    if (result.error !== undefined || result.returnValue?.http === undefined) {
      const isNothing = result.error === undefined && (result.returnValue === undefined || Object.keys(result.returnValue).length === 0);
      response.writeHead(isNothing ? 204 : 500).end();
      return;
    }
    writeResponse(response, result.returnValue.http);
  }

  /** The library listens itself; the host forwards the request, with the invocation's id, and pipes the answer. */
  async #streamed(fn: RegisteredFunction, url: URL, params: Readonly<Record<string, string>>, request: IncomingMessage, response: ServerResponse, httpUri: string): Promise<void> {
    const invocationId = randomUUID();
    const metadata: Record<string, RpcTypedData> = { Headers: { json: JSON.stringify(headersOf(request)) }, Query: { json: JSON.stringify(queryOf(url)) } };
    for (const [name, value] of Object.entries(params)) metadata[name] = { string: value };
    const answered = forward(new URL(url.pathname + url.search, httpUri), request, response, { 'x-ms-invocation-id': invocationId, 'x-forwarded-host': url.host, 'x-forwarded-proto': 'http' });
    const invoked = this.#host.worker.invoke(fn.name, { invocationId, inputData: [{ name: fn.trigger.name, data: { http: {} } }, ...this.#host.extraInputs(fn)], triggerMetadata: metadata });
    const result = await invoked;
    if (result.error !== undefined) this.#host.onError(fn, result.error);
    if (result.error !== undefined && !response.headersSent) {
      // In Azure the caller would wait until functionTimeout, and the worker would be killed.
      this.#host.onError(fn, new Error(`"${fn.name}" threw in streaming mode: in Azure its caller waits until functionTimeout and the worker is killed.`));
      response.writeHead(500).end();
      return;
    }
    await withTimeout(answered, this.#host.timeoutMs, () => {
      this.#host.onError(fn, new Error(`"${fn.name}" did not answer within functionTimeout (did it return undefined in streaming mode?).`));
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  }
}

function toHttpFunction(prefix: string, fn: RegisteredFunction): HttpFunction {
  const { authLevel, methods } = fn.trigger;
  if (typeof authLevel === 'string' && authLevel.toLowerCase() !== 'anonymous') throw new Error(`Function "${fn.name}" has authLevel "${authLevel}": the laptop runtime serves anonymous routes only (Whence checks tokens itself).`);
  const listed = Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : ['GET', 'POST'];
  return { fn, route: compileRoute(HttpTriggers.routeOf(prefix, fn)), methods: new Set(listed) };
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size <= BODY_BYTES) chunks.push(chunk);
  }
  return size > BODY_BYTES ? undefined : Buffer.concat(chunks);
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]));
}

/** Repeated keys arrive joined by a comma. */
function queryOf(url: URL): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [key, value] of url.searchParams) query[key] = query[key] === undefined ? value : `${query[key]},${value}`;
  return query;
}

function nullable(values: Readonly<Record<string, string>>): Record<string, { value: string }> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

const bodyless = new Set([204, 205, 304]);

function writeResponse(response: ServerResponse, http: RpcHttpData): void {
  const status = Number(http.statusCode ?? 200);
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    response.writeHead(500).end();
    return;
  }
  const cookies = (http.cookies ?? []).map(cookieText);
  response.writeHead(status, { ...http.headers, ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }) });
  const { body } = http;
  const bytes = body?.bytes === undefined ? Buffer.from(body?.string ?? body?.json ?? '') : Buffer.from(body.bytes);
  response.end(bodyless.has(status) ? undefined : bytes);
}

function cookieText(cookie: RpcCookie): string {
  const parts = [`${cookie.name}=${cookie.value}`, `path=${cookie.path?.value ?? '/'}`];
  if (cookie.maxAge?.value !== undefined) parts.push(`max-age=${cookie.maxAge.value}`);
  if (cookie.domain?.value !== undefined) parts.push(`domain=${cookie.domain.value}`);
  if (cookie.secure?.value === true) parts.push('secure');
  if (cookie.httpOnly?.value === true) parts.push('httponly');
  return parts.join('; ');
}

function forward(target: URL, request: IncomingMessage, response: ServerResponse, extra: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve) => {
    const outgoing = httpRequest(target, { method: request.method, headers: { ...request.headers, host: target.host, ...extra } }, (incoming) => {
      response.writeHead(incoming.statusCode ?? 500, incoming.headers);
      incoming.pipe(response);
      incoming.on('close', resolve);
    });
    response.on('close', () => outgoing.destroy());
    outgoing.on('error', () => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
      resolve();
    });
    request.pipe(outgoing);
  });
}

async function withTimeout(work: Promise<void>, timeoutMs: number, onTimeout: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      onTimeout();
      resolve();
    }, timeoutMs);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}
