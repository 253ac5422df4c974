import { decodeJwt, errors, jwtVerify } from 'jose';

import { discoverKeys } from '#shared/adapters/entra/discover-keys.ts';
import type { StageProfile } from '#shared/contracts/stage-profile.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

/**
 * Makes sure that a CI system vouches for the commit: its OIDC token names a repository that the stage trusts, and the
 * commit. Who shows a token that does not is told, and not taken for somebody who shows none.
 *
 * @param issuers - whom the stage trusts
 * @throws {WhenceError} `pipeline.ci-token-refused`; `http.issuer-unavailable` (transient)
 * @source GitHub documentation, OpenID Connect token: claims `repository` and `sha`
 */
export async function verifyCiToken(issuers: StageProfile['ciIssuers'], token: string, commit: string): Promise<void> {
  const issuer = issuerOf(token);
  const trusted = issuers.find((one) => one.issuer === issuer);
  if (trusted === undefined) throw refused('this stage does not trust its issuer');
  const keys = await discoverKeys(trusted.issuer);
  const { payload } = await jwtVerify(token, keys, {
    issuer: trusted.issuer,
    audience: trusted.audience,
    algorithms: ['RS256'],
    requiredClaims: ['exp'],
  }).catch((error: unknown) => {
    if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) throw refused(error.message);
    throw new WhenceError('http.issuer-unavailable', `The keys of ${trusted.issuer} cannot be read.`, { cause: error });
  });
  if (!trusted.repositories.includes(String(payload['repository'])))
    throw refused(`this stage does not trust the repository ${String(payload['repository']).slice(0, 200)}`);
  if (payload['sha'] !== commit) throw refused('it names another commit');
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    throw refused('it is no token');
  }
}

function refused(why: string): WhenceError {
  return new WhenceError('pipeline.ci-token-refused', `The CI token does not vouch for the commit: ${why}.`);
}
