import type { TokenCredential } from '@azure/core-auth';

/** A storage endpoint: with the app's identity, or on a laptop with a connection string. */
export type StorageTarget = { readonly url: string; readonly credential: TokenCredential } | { readonly connectionString: string };
