import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { z } from 'zod';

import type { RouteContract } from '#shared/contracts/api/route-contract.ts';
import { digestOf } from '#shared/domain/digest.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { Caller } from '#shared/ports/token-verifier.ts';

import { readBody } from './read-body.ts';
import type { ApiAnswer, ApiCall, ApiDependencies, RouteHandler } from './route-handler.ts';
import { toProblem } from './to-problem.ts';

const anybody: Caller = { objectId: '-', name: '-', roles: [] };

/**
 * Answers one request of a route: authorises, parses, calls the handler, and always answers. With HTTP streaming on, a
 * handler that throws would leave the caller waiting until `functionTimeout` (local-runtime.md trap 9).
 */
export async function serveRoute<Route extends RouteContract>(
  route: Route,
  handler: RouteHandler<Route>,
  connect: (invocation: InvocationContext) => Promise<ApiDependencies>,
  request: HttpRequest,
  invocation: InvocationContext,
): Promise<HttpResponseInit> {
  const instance = new URL(request.url).pathname;
  let deps: ApiDependencies | undefined;
  try {
    deps = await connect(invocation);
    const caller = await authorise(route, deps, request);
    const call = await parse(route, request, caller);
    return toResponse(route, request, await handler(deps, call));
  } catch (error) {
    const problem = toProblem(error, instance);
    if (problem.status >= 500) {
      const message = error instanceof Error ? error.message : String(error);
      if (deps === undefined) invocation.error(`${route.name}: ${message}`);
      else deps.telemetry.log('api.failed', { operation: route.name, code: problem.code, message });
    }
    const challenge: Record<string, string> = problem.status === 401 ? { 'www-authenticate': 'Bearer' } : {};
    return {
      status: problem.status,
      headers: { 'content-type': 'application/problem+json', ...challenge },
      body: JSON.stringify(problem),
    };
  }
}

async function authorise(route: RouteContract, deps: ApiDependencies, request: HttpRequest): Promise<Caller> {
  if (route.roles === 'none') return anybody;
  const shown = /^Bearer +([\w.~+/=-]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  if (shown === undefined) throw new WhenceError('http.unauthenticated', 'The request shows no bearer token.');
  const caller = await deps.tokens.verify(shown);
  const { roles } = route;
  if (!caller.roles.some((role) => roles.includes(role))) {
    const needs = roles.join(' or ');
    throw new WhenceError('http.forbidden', `This needs the app role ${needs}.`, {
      details: { needs: roles, has: caller.roles },
    });
  }
  return caller;
}

async function parse<Route extends RouteContract>(
  route: Route,
  request: HttpRequest,
  caller: Caller,
): Promise<ApiCall<Route>> {
  const idempotencyKey = request.headers.get('idempotency-key') ?? '';
  if (route.idempotent === true && !/^[\x21-\x7e]{1,200}$/.test(idempotencyKey)) {
    throw new WhenceError(
      'http.idempotency-key-missing',
      'The request needs a header Idempotency-Key of 1 to 200 visible characters.',
    );
  }
  return {
    caller,
    params: check(route.params, pathParams(route, request), 'path'),
    query: check(route.query, Object.fromEntries(request.query), 'query'),
    body: await bodyOf(route, request),
    idempotencyKey,
    header: (name: string) => request.headers.get(name) ?? undefined,
  } as ApiCall<Route>;
}

/** Only what the path names: where responses are streamed, the Functions host puts the query in as well. */
function pathParams({ path }: RouteContract, { params }: HttpRequest): Record<string, string> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => path.includes(`{${name}}`)));
}

async function bodyOf(route: RouteContract, request: HttpRequest): Promise<unknown> {
  if (route.body === undefined) return undefined;
  const bytes = await readBody(request, route.body === 'octets');
  if (route.body === 'octets') return bytes;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WhenceError('http.invalid-request', 'The body is not JSON.', { cause });
  }
  return check(route.body, value, 'body');
}

function check(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => ({
    in: where,
    at: issue.path.join('.'),
    problem: issue.message,
  }));
  const first = problems[0];
  throw new WhenceError(
    'http.invalid-request',
    `The ${where} is not valid: ${first?.at === '' ? '' : `${first?.at}: `}${first?.problem}.`,
    { details: { problems } },
  );
}

function toResponse<Route extends RouteContract>(
  route: Route,
  request: HttpRequest,
  answer: ApiAnswer<Route>,
): HttpResponseInit {
  if ('events' in answer) {
    return {
      status: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' },
      body: answer.events,
    };
  }
  const body: unknown = route.response.parse(answer.body);
  if (route.method !== 'GET') return { status: route.status, jsonBody: body };
  const etag = `"${answer.etag ?? digestOf(body).slice(0, 32)}"`;
  if (request.headers.get('if-none-match') === etag) return { status: 304, headers: { etag } };
  return { status: route.status, headers: { etag, 'cache-control': 'no-cache' }, jsonBody: body };
}
