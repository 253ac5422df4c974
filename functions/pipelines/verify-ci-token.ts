import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';

import { discoverKeys } from '#shared/adapters/entra/discover-keys.ts';
import type { StageProfile } from '#shared/contracts/stage-profile.ts';
import { isWhenceError, WhenceError } from '#shared/errors/whence-error.ts';

type TrustedIssuer = StageProfile['ciIssuers'][number];

/**
 * Makes sure that a CI system vouches for the commit: its OIDC token names a repository that the stage trusts, and the
 * commit. Who shows a token that does not is told, and not taken for somebody who shows none.
 *
 * @param issuers - whom the stage trusts
 * @throws {WhenceError} `pipeline.ci-token-refused`; `http.issuer-unavailable` (transient)
 * @source GitHub documentation, OpenID Connect token: claims `repository`, `sha`, `event_name` and `ref`
 */
export async function verifyCiToken(issuers: readonly TrustedIssuer[], token: string, commit: string): Promise<void> {
  const issuer = issuerOf(token);
  const trusted = issuers.find((one) => one.issuer === issuer);
  if (trusted === undefined) throw refused('this stage does not trust its issuer');
  const keys = await keysOf(trusted);
  const { payload } = await jwtVerify(token, keys, {
    issuer: trusted.issuer,
    audience: trusted.audience,
    algorithms: ['RS256'],
    requiredClaims: ['exp'],
  }).catch((error: unknown) => {
    if (error instanceof errors.JWKSNoMatchingKey && trusted.keys !== undefined) throw unknownKey(trusted, token);
    if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) throw refused(error.message);
    throw unreadable(trusted, error);
  });
  if (!trusted.repositories.includes(String(payload['repository'])))
    throw refused(`this stage does not trust the repository ${String(payload['repository']).slice(0, 200)}`);
  if (payload['sha'] !== commit) throw refused('it names another commit');
  const { event_name: event, ref } = payload;
  // The commit of a pull request is one that nobody has accepted yet.
  if (/^pull_request/.test(String(event)) || /^refs\/pull\//.test(String(ref)))
    throw refused('it is of a pull request; publish from a branch or tag');
  if (trusted.refs !== undefined && !trusted.refs.includes(String(ref)))
    throw refused(`this stage does not trust the ref ${String(ref).slice(0, 200)}`);
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    throw refused('it is no token');
  }
}

/** Keys of the stage profile are not fetched: the network may not reach the issuer. */
async function keysOf(trusted: TrustedIssuer): Promise<JWTVerifyGetKey> {
  if (trusted.keys !== undefined) return createLocalJWKSet(trusted.keys);
  try {
    return await discoverKeys(trusted.issuer);
  } catch (error) {
    throw isWhenceError(error) && error.code === 'http.issuer-unavailable' ? unreadable(trusted, error) : error;
  }
}

function unreadable({ issuer }: TrustedIssuer, cause: unknown): WhenceError {
  return new WhenceError(
    'http.issuer-unavailable',
    `The keys of ${issuer} cannot be read. If the network does not let the app reach it, put its keys into ` +
      '`ciIssuers` of WHENCE_STAGE_PROFILE: docs/stage-profile.md says how.',
    { cause },
  );
}

function unknownKey({ issuer }: TrustedIssuer, token: string): WhenceError {
  const shown = JSON.stringify(String(decodeProtectedHeader(token).kid).slice(0, 100));
  return refused(
    `its key ${shown} is not among those of ${issuer} in the stage profile. They may be old, because issuers change ` +
      `their keys: read them again at the \`jwks_uri\` of ${issuer.replace(/\/$/, '')}/.well-known/openid-configuration, ` +
      'and put them into `ciIssuers` of WHENCE_STAGE_PROFILE',
  );
}

function refused(why: string): WhenceError {
  return new WhenceError('pipeline.ci-token-refused', `The CI token does not vouch for the commit: ${why}.`);
}
