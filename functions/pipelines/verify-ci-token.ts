import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';

import type { StageProfile } from '#shared/contracts/stage-profile.ts';

/**
 * Whether a CI system vouches for the commit: its OIDC token names a repository that the stage trusts, and the commit.
 *
 * @param issuers - whom the stage trusts
 * @source GitHub documentation, OpenID Connect token: claims `repository` and `sha`
 */
export async function verifyCiToken(
  issuers: StageProfile['ciIssuers'],
  token: string,
  commit: string,
): Promise<boolean> {
  try {
    const trusted = issuers.find((one) => one.issuer === decodeJwt(token).iss);
    if (trusted === undefined) return false;
    const keys = createRemoteJWKSet(new URL(`${trusted.issuer.replace(/\/$/, '')}/.well-known/jwks`));
    const { payload } = await jwtVerify(token, keys, {
      issuer: trusted.issuer,
      audience: trusted.audience,
      algorithms: ['RS256'],
    });
    return trusted.repositories.includes(String(payload['repository'])) && payload['sha'] === commit;
  } catch {
    return false;
  }
}
