/**
 * HTTP triggers: finds the function of a request and has it answered, whole or as a stream.
 *
 * @source local-runtime.md §2.3
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { RpcTypedData } from '../worker/rpc.ts';
import type { InvocationRequest, RegisteredFunction } from '../worker/worker.ts';
import { BODY_BYTES, headersOf, queryOf, readBody, toRpcRequest, writeEmpty, writeResponse } from './http-message.ts';
import { forward } from './http-stream.ts';
import { withDeadline, type Invoker } from './invoker.ts';
import { byPrecedence, compileRoute, type RouteTemplate } from './route-template.ts';

/** What HTTP triggers need of the host. */
export interface HttpTriggerHost {
  readonly invoker: Invoker;
  readonly routePrefix: string;
  readonly origin: () => string;
  /** Where the library listens in streaming mode. */
  readonly httpUri: string | undefined;
  /** Inputs of a function beside its trigger. */
  readonly extraInputs: (fn: RegisteredFunction) => InvocationRequest['inputData'];
  readonly onError: (fn: RegisteredFunction, error: Error) => void;
}

interface HttpFunction {
  readonly fn: RegisteredFunction;
  readonly route: RouteTemplate;
  readonly methods: ReadonlySet<string>;
}

interface Call {
  readonly fn: RegisteredFunction;
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Longest wait for an answer of the library once the function has returned: it has been written by then. */
const ANSWER_MS = 2_000;

/** The HTTP triggers of an app. */
export class HttpTriggers {
  readonly #host: HttpTriggerHost;
  readonly #functions: readonly HttpFunction[];

  /** @throws {Error} a malformed route, two functions with one route, an authLevel that is not served */
  constructor(host: HttpTriggerHost, functions: readonly RegisteredFunction[]) {
    this.#host = host;
    this.#functions = functions
      .map((fn) => toHttpFunction(host.routePrefix, fn))
      .toSorted((one, other) => byPrecedence(one.route, other.route));
    refuseEqualRoutes(this.#functions);
  }

  /** @returns the route of a function, for the list of functions */
  static routeOf(prefix: string, fn: RegisteredFunction): string {
    const route = fn.trigger['route'];
    return [prefix, typeof route === 'string' ? route : fn.name].filter((part) => part !== '').join('/');
  }

  /** Answers a request; 404 where no function has its route and method. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const origin = request.headers.host === undefined ? this.#host.origin() : `http://${request.headers.host}`;
    const text = `${origin}${request.url ?? '/'}`;
    if (!URL.canParse(text)) {
      writeEmpty(response, 400);
      return;
    }
    const url = new URL(text);
    for (const { fn, route, methods } of this.#functions) {
      const params = methods.has(request.method ?? '') ? route.match(url.pathname) : undefined;
      if (params === undefined) continue;
      const call = { fn, url, params, request, response };
      await (this.#host.httpUri === undefined ? this.#answer(call) : this.#stream(call, this.#host.httpUri));
      return;
    }
    writeEmpty(response, 404);
  }

  async #answer({ fn, url, params, request, response }: Call): Promise<void> {
    const body = await readBody(request);
    if (body === undefined) {
      writeEmpty(response, 500);
      return;
    }
    const http = toRpcRequest(request, url, params, body);
    const { error, returnValue } = await this.#host.invoker.invoke(fn, this.#request(fn, request, { http }));
    if (error !== undefined) writeEmpty(response, 500);
    else if (returnValue?.http === undefined) writeEmpty(response, 204);
    else writeResponse(response, returnValue.http);
  }

  async #stream({ fn, url, params, request, response }: Call, httpUri: string): Promise<void> {
    if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES) {
      writeEmpty(response, 500);
      return;
    }
    const invocationId = randomUUID();
    const triggerMetadata: Record<string, RpcTypedData> = {
      ...Object.fromEntries(
        Object.entries({ ...queryOf(url), ...params }).map(([name, value]) => [name, { string: value }]),
      ),
      Headers: { json: JSON.stringify(headersOf(request)) },
      Query: { json: JSON.stringify(queryOf(url)) },
    };
    const target = new URL(request.url ?? '/', httpUri.replace('//localhost:', '//127.0.0.1:'));
    const forwarded = forward(
      target,
      { 'x-ms-invocation-id': invocationId, 'x-forwarded-host': url.host, 'x-forwarded-proto': 'http' },
      request,
      response,
    );
    const { error } = await this.#host.invoker.invoke(fn, {
      ...this.#request(fn, request, { http: {} }),
      invocationId,
      triggerMetadata,
    });
    if (error === undefined) await withDeadline(forwarded.begun, ANSWER_MS);
    if (response.headersSent) {
      if (error !== undefined) response.destroy();
      await forwarded.ended;
      return;
    }
    if (!response.destroyed) {
      const what = error === undefined ? 'returned no response' : 'failed';
      this.#host.onError(
        fn,
        new Error(
          `"${fn.name}" ${what} in streaming mode. Here the caller gets 500; in Azure it waits until functionTimeout, and then the worker is killed with everything it was doing. Catch every error and return a response.`,
        ),
      );
      writeEmpty(response, 500);
    }
    forwarded.abandon();
  }

  #request(fn: RegisteredFunction, request: IncomingMessage, data: RpcTypedData): InvocationRequest {
    const { traceparent, tracestate } = request.headers;
    return {
      inputData: [{ name: fn.trigger.name, data }, ...this.#host.extraInputs(fn)],
      ...(typeof traceparent === 'string'
        ? {
            traceContext: {
              traceParent: traceparent,
              traceState: typeof tracestate === 'string' ? tracestate : '',
              attributes: {},
            },
          }
        : {}),
    };
  }
}

function toHttpFunction(prefix: string, fn: RegisteredFunction): HttpFunction {
  const { authLevel, methods } = fn.trigger;
  if (typeof authLevel === 'string' && authLevel.toLowerCase() !== 'anonymous') {
    throw new Error(
      `Function "${fn.name}" has authLevel "${authLevel}": the laptop runtime has no function keys and serves anonymous routes only.`,
    );
  }
  const listed = Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : ['GET', 'POST'];
  return { fn, route: compileRoute(HttpTriggers.routeOf(prefix, fn)), methods: new Set(listed) };
}

/** In Azure both load, and which one answers is not defined. */
function refuseEqualRoutes(functions: readonly HttpFunction[]): void {
  const seen = new Map<string, string>();
  for (const { fn, route, methods } of functions) {
    for (const method of methods) {
      const key = `${method} /${route.template.toLowerCase().replaceAll(/\{[^}]*\}/g, '{}')}`;
      const other = seen.get(key);
      if (other !== undefined)
        throw new Error(
          `Functions "${other}" and "${fn.name}" have one route, ${key}; in Azure it is not defined which one answers.`,
        );
      seen.set(key, fn.name);
    }
  }
}
