/**
 * What travels between the Functions host and a Node worker, as far as the app uses it.
 *
 * @source local-runtime.md §2.2; Azure/azure-functions-language-worker-protobuf, TypedData
 */
export interface RpcTypedData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly double?: number;
  readonly http?: RpcHttpData;
  readonly collectionString?: { readonly string: readonly string[] };
}

/** A request or a response as the worker sees it. */
export interface RpcHttpData {
  readonly url?: string;
  readonly method?: string;
  readonly nullableHeaders?: Readonly<Record<string, { readonly value?: string }>>;
  readonly nullableQuery?: Readonly<Record<string, { readonly value?: string }>>;
  readonly nullableParams?: Readonly<Record<string, { readonly value?: string }>>;
  readonly body?: RpcTypedData;
  readonly statusCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly RpcCookie[];
  readonly enableContentNegotiation?: boolean;
}

/** A cookie of a response. */
export interface RpcCookie {
  readonly name: string;
  readonly value: string;
  readonly domain?: { readonly value?: string };
  readonly path?: { readonly value?: string };
  readonly expires?: { readonly value?: { readonly seconds?: number } };
  readonly secure?: { readonly value?: boolean };
  readonly httpOnly?: { readonly value?: boolean };
  readonly sameSite?: string | number;
  readonly maxAge?: { readonly value?: number };
}

/** A binding as the app registered it. */
export interface Binding {
  readonly name: string;
  readonly type: string;
  readonly direction: 'in' | 'out' | 'inout';
  readonly [setting: string]: unknown;
}
