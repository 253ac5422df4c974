import type { TokenCredential } from '@azure/identity';

/** A storage endpoint: with the app's identity, or on a laptop with a connection string. */
export type StorageTarget =
  | { readonly url: string; readonly credential: TokenCredential }
  | { readonly connectionString: string };
