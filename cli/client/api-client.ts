import type { z } from 'zod';

import { problem, type Problem } from '#shared/contracts/api/problem.ts';
import type { RouteContract } from '#shared/contracts/api/route-contract.ts';
import { runEvent, type RunEvent } from '#shared/contracts/records/run.ts';

import { readServerSentEvents } from './server-sent-events.ts';

/** Where the API is and how to get a token for it. */
export interface ApiTarget {
  /** For example `http://127.0.0.1:7071/api`. */
  readonly baseUrl: string;
  readonly token: () => Promise<string>;
}

/** The API said no; `problem` says why. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly problem: Problem;

  constructor(told: Problem) {
    super(told.detail);
    this.problem = told;
  }
}

/** The API could not be reached, or did not answer like the API. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
}

type Input<Schema> = Schema extends z.ZodType ? z.input<Schema> : never;

/** What a call of a route takes: what its contract names. */
export type ApiRequest<Route extends RouteContract> = (Route['params'] extends z.ZodType
  ? { readonly params: Input<Route['params']> }
  : object) &
  (Route['query'] extends z.ZodType ? { readonly query?: Partial<Input<Route['query']>> } : object) &
  (Route['body'] extends 'octets'
    ? { readonly body: Uint8Array }
    : Route['body'] extends z.ZodType
      ? { readonly body: Input<Route['body']> }
      : object) &
  (Route['idempotent'] extends true ? { readonly idempotencyKey: string } : object);

/** A client of the API, made from the same contracts as the API itself. */
export class ApiClient {
  private readonly target: ApiTarget;

  constructor(target: ApiTarget) {
    this.target = target;
  }

  /**
   * Calls a route.
   *
   * @returns the parsed answer
   * @throws {ApiProblem} the API said no
   * @throws {ApiUnreachable} there is no API, or it does not answer like one
   */
  async call<Route extends RouteContract>(
    route: Route,
    request: ApiRequest<Route>,
  ): Promise<z.output<Route['response']>> {
    const { params, query, body, idempotencyKey } = request as LooseRequest;
    const response = await this.send(urlOf(this.target.baseUrl, route, params, query), {
      method: route.method,
      headers: {
        accept: 'application/json',
        ...(body === undefined
          ? {}
          : { 'content-type': route.body === 'octets' ? 'application/octet-stream' : 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const answer = route.response.safeParse(parseJson(await response.text()));
    if (answer.success) return answer.data as z.output<Route['response']>;
    throw new ApiUnreachable(
      `${new URL(this.target.baseUrl).origin} does not answer as the API does: it is something else, or of another version.`,
      { cause: answer.error },
    );
  }

  /** All pages of a list, item by item. */
  async *list<Route extends RouteContract>(route: Route, request: ApiRequest<Route>): AsyncGenerator<ItemOf<Route>> {
    let after: string | undefined;
    do {
      const { query, ...rest } = request as LooseRequest;
      const next = { ...rest, query: { ...query, ...(after === undefined ? {} : { after }) } };
      const page = (await this.call(route, next as unknown as ApiRequest<Route>)) as {
        items: ItemOf<Route>[];
        next?: string;
      };
      yield* page.items;
      after = page.next;
    } while (after !== undefined);
  }

  /**
   * Events of a run as they come, until it has ended. Goes on where it was when the stream ends or breaks.
   *
   * @param runId - the run
   * @param signal - stops it
   */
  async *watchRun(runId: string, signal?: AbortSignal): AsyncGenerator<RunEvent> {
    let last = 0;
    for (;;) {
      const response = await this.send(`${this.target.baseUrl}/v1/runs/${encodeURIComponent(runId)}/events`, {
        headers: { accept: 'text/event-stream', 'last-event-id': String(last) },
        ...(signal === undefined ? {} : { signal }),
      });
      if (response.body === null) throw new ApiUnreachable('The event stream has no body.');
      for await (const event of readServerSentEvents(response.body)) {
        const parsed = runEvent.parse(JSON.parse(event.data));
        last = parsed.seq;
        yield parsed;
        if (isEnd(parsed)) return;
      }
    }
  }

  private async send(url: string, init: RequestInit): Promise<Response> {
    const headers = {
      ...(init.headers as Record<string, string>),
      authorization: `Bearer ${await this.target.token()}`,
    };
    let response: Response;
    try {
      // A token is for this address: where it says to go elsewhere, nobody goes.
      response = await fetch(url, { ...init, headers, redirect: 'error' });
    } catch (cause) {
      if (init.signal?.aborted === true) throw cause;
      if (isRedirect(cause))
        throw new ApiUnreachable(`${new URL(url).origin} answered with a redirect, which is not followed.`, { cause });
      throw new ApiUnreachable(`Nothing answers at ${new URL(url).origin}.`, { cause });
    }
    if (response.ok) return response;
    const text = await response.text();
    const told = problem.safeParse(parseJson(text));
    if (told.success) throw new ApiProblem(told.data);
    throw new ApiUnreachable(
      `${new URL(url).origin} answered ${response.status}, which is not how the API fails: ${text.slice(0, 200)}`,
    );
  }
}

type ItemOf<Route extends RouteContract> = z.output<Route['response']> extends { items: (infer Item)[] } ? Item : never;

interface LooseRequest {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

function urlOf(
  baseUrl: string,
  route: RouteContract,
  params: LooseRequest['params'],
  query: LooseRequest['query'],
): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) =>
    encodeURIComponent(String(params?.[name])),
  );
  const url = new URL(`${baseUrl}/${path}`);
  for (const [key, value] of Object.entries(query ?? {}))
    if (value !== undefined) url.searchParams.set(key, String(value));
  return url.href;
}

/** Whether `fetch` failed since it was told to go elsewhere; it says so only in words. */
function isRedirect(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Error && error.cause.message.includes('redirect');
}

function isEnd(event: RunEvent): boolean {
  return (
    event.type === 'run.succeeded' ||
    event.type === 'run.refused' ||
    event.type === 'run.failed' ||
    event.type === 'run.canceled'
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
