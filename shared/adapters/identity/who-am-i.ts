import type { TokenCredential } from '@azure/identity';
import { decodeJwt } from 'jose';

import type { WhoAmI } from '#shared/ports/own-identity.ts';

/** Scope of the token that is read: ARM, which the app asks anyway. */
const SCOPE = 'https://management.azure.com/.default';

/**
 * @returns what tells who the app is. The token is only read, not verified: it is the app's own
 * @source Microsoft Learn, "Access token claims reference": `oid`, `tid`, `appid` (v1.0) or `azp` (v2.0)
 */
export function createWhoAmI(credential: TokenCredential): WhoAmI {
  return async () => {
    const token = await credential.getToken(SCOPE);
    if (token === null) throw new Error('The identity gives no token.');
    const { oid, sub, appid, azp, tid } = decodeJwt(token.token);
    const text = (value: unknown): string => (typeof value === 'string' ? value : 'unknown');
    return { objectId: text(oid ?? sub), clientId: text(appid ?? azp), tenantId: text(tid) };
  };
}
