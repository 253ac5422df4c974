import type { z } from 'zod';

import type { RouteContract } from '#shared/contracts/api/route-contract.ts';
import type { OrchestrationClient } from '#shared/ports/orchestration-client.ts';
import type { Caller, TokenVerifier } from '#shared/ports/token-verifier.ts';

import type { Dependencies } from '../dependencies.ts';

/** What handlers use: everything outside, and the durable client of their invocation. */
export type ApiDependencies = Dependencies & { readonly client: OrchestrationClient; readonly tokens: TokenVerifier };

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A request after parsing and authorisation. */
export interface ApiCall<Route extends RouteContract> {
  readonly caller: Caller;
  readonly params: Parsed<Route['params']>;
  readonly query: Parsed<Route['query']>;
  readonly body: Route['body'] extends 'octets' ? Uint8Array : Parsed<Route['body']>;
  /** Set where the route requires it. */
  readonly idempotencyKey: string;
  readonly header: (name: string) => string | undefined;
}

/** What a handler answers: the body of the contract's response, or a stream where the contract allows one. */
export type ApiAnswer<Route extends RouteContract> =
  | { readonly body: z.input<Route['response']>; readonly etag?: string }
  | { readonly events: ReadableStream<Uint8Array> };

/** A handler: one effect or one question. Throws `WhenceError`, which the shell turns into a problem. */
export type RouteHandler<Route extends RouteContract> = (
  deps: ApiDependencies,
  call: ApiCall<Route>,
) => Promise<ApiAnswer<Route>>;
