import type { z } from 'zod';

import type { ErrorCode } from '#shared/errors/catalogue.ts';

/** App roles of callers. A publisher runs code, so publishing has a role of its own (design decision 17). */
export const roles = ['reader', 'operator', 'publisher'] as const;
/** One of {@link roles}. */
export type Role = (typeof roles)[number];

/** The agreement about one route: the API, its OpenAPI document and the client are made from it. */
export interface RouteContract {
  /** Name of the operation: lower camel case, a verb first. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Path below the route prefix, with `{parameters}`. */
  readonly path: string;
  /** One sentence. */
  readonly summary: string;
  /** Roles of which the caller needs one; `none` is open to everybody. */
  readonly roles: readonly Role[] | 'none';
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Header `Idempotency-Key` is required. */
  readonly idempotent?: boolean;
  /** JSON body, or `octets` for raw bytes. */
  readonly body?: z.ZodType<object> | 'octets';
  readonly status: 200 | 201 | 202 | 204;
  readonly response: z.ZodType<object>;
  /** The response may also be an event stream. */
  readonly stream?: boolean;
  /** Codes that this route may answer beside those of the shell. */
  readonly errors: readonly ErrorCode[];
}

/** Those who may act. */
export const operators = ['operator'] as const satisfies readonly Role[];
/** Those who may publish. */
export const publishers = ['publisher'] as const satisfies readonly Role[];
/** Those who may read: everyone with a role. */
export const readers = ['reader', 'operator', 'publisher'] as const satisfies readonly Role[];
