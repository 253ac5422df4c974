import { errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';

import { roles, type Role } from '#shared/contracts/api/route-contract.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { Caller, TokenVerifier } from '#shared/ports/token-verifier.ts';

import { discoverKeys } from './discover-keys.ts';

/** Whose tokens are accepted: one issuer, one audience, one tenant. */
export interface TrustedIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly tenantId: string;
}

/** Clock skew that is forgiven. @source Microsoft identity platform accepts up to 5 minutes; one is enough */
const SKEW_SECONDS = 60;

/** Claims of a v2 access token, as far as they are read. @source Microsoft identity platform, access token claims */
const claims = z.looseObject({
  oid: z.string().min(1),
  tid: z.string(),
  ver: z.literal('2.0'),
  roles: z.array(z.string()).default([]),
  preferred_username: z.string().optional(),
  name: z.string().optional(),
});

/**
 * Verifies Entra access tokens: signature (keys are fetched again when a new one appears), issuer, audience, tenant,
 * expiry. Only RS256, which is what Entra signs with.
 */
export function createTokenVerifier(trusted: TrustedIssuer): TokenVerifier {
  let keys: Promise<JWTVerifyGetKey> | undefined;
  const loadKeys = async (): Promise<JWTVerifyGetKey> => {
    keys ??= discoverKeys(trusted.issuer);
    try {
      return await keys;
    } catch (error) {
      keys = undefined;
      throw error;
    }
  };
  return {
    async verify(token) {
      const getKey = await loadKeys();
      try {
        const { payload } = await jwtVerify(token, getKey, {
          issuer: trusted.issuer,
          audience: trusted.audience,
          algorithms: ['RS256'],
          clockTolerance: SKEW_SECONDS,
          requiredClaims: ['exp', 'iat'],
        });
        return toCaller(payload, trusted.tenantId);
      } catch (error) {
        throw refused(error);
      }
    },
  };
}

function toCaller(payload: unknown, tenantId: string): Caller {
  const parsed = claims.safeParse(payload);
  if (!parsed.success) throw unauthenticated('it is not a v2 access token with oid and tid');
  if (parsed.data.tid !== tenantId) throw unauthenticated('it is from another tenant');
  const known = parsed.data.roles
    .map((role) => role.toLowerCase())
    .filter((role): role is Role => (roles as readonly string[]).includes(role));
  return {
    objectId: parsed.data.oid,
    name: parsed.data.preferred_username ?? parsed.data.name ?? parsed.data.oid,
    roles: known,
  };
}

function refused(error: unknown): Error {
  if (error instanceof WhenceError) return error;
  if (error instanceof errors.JWTExpired) return unauthenticated('it has expired');
  if (error instanceof errors.JWTClaimValidationFailed)
    return unauthenticated(`its claim ${error.claim} is not accepted`);
  if (error instanceof errors.JWKSTimeout)
    return new WhenceError('http.issuer-unavailable', 'The keys of the issuer cannot be read.', { cause: error });
  if (error instanceof errors.JOSEError) return unauthenticated('its signature or form is not valid');
  return new WhenceError('http.issuer-unavailable', 'The keys of the issuer cannot be read.', { cause: error });
}

function unauthenticated(why: string): WhenceError {
  return new WhenceError('http.unauthenticated', `The access token is refused: ${why}.`);
}
