import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';

import { WhenceError } from '#shared/errors/whence-error.ts';

/** Discovery document, as far as it is read. @source OpenID Connect Discovery 1.0 §3 */
const discovery = z.looseObject({ issuer: z.string(), jwks_uri: z.url() });

/**
 * Finds the signing keys of an issuer; they are fetched again when a token shows a key that is new.
 *
 * @throws {WhenceError} `http.issuer-unavailable`
 */
export async function discoverKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const document = discovery.parse(await response.json());
    if (document.issuer !== issuer) throw new Error(`${url} names another issuer`);
    return createRemoteJWKSet(new URL(document.jwks_uri), { cooldownDuration: 5_000, timeoutDuration: 10_000 });
  } catch (cause) {
    throw new WhenceError('http.issuer-unavailable', `The keys of ${issuer} cannot be read.`, { cause });
  }
}
