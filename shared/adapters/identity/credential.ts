import type { AccessToken, TokenCredential } from '@azure/identity';

/**
 * The app's identity: its user-assigned managed identity. On a laptop a stand-in answers at `IDENTITY_ENDPOINT`, so the
 * same code runs. The SDK is loaded when the first token is needed.
 *
 * @param clientId - client id of the user-assigned identity; absent: the system-assigned one
 */
export function createCredential(clientId: string | undefined): TokenCredential {
  let made: Promise<TokenCredential> | undefined;
  const make = async (): Promise<TokenCredential> => {
    const { ManagedIdentityCredential } = await import('@azure/identity');
    return clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
  };
  return {
    async getToken(scopes, options): Promise<AccessToken | null> {
      made ??= make();
      return (await made).getToken(scopes, options);
    },
  };
}
