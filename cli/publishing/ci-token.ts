import { z } from 'zod';

import { CliError } from '../cli-error.ts';

/**
 * The OIDC token of the GitHub Actions job that this runs in: it names repository and commit, so that a version is
 * _verified_. Asked for only where `WHENCE_CI_AUDIENCE` says whom it is for.
 *
 * @returns the token, or undefined where nobody asks for one
 * @throws {CliError} the job may not have a token, or GitHub gives none
 * @source GitHub documentation, "OpenID Connect reference": requesting the token by environment variables
 */
export async function readCiToken(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const {
    WHENCE_CI_AUDIENCE: audience,
    ACTIONS_ID_TOKEN_REQUEST_URL: url,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer,
  } = env;
  if (audience === undefined || audience === '') return undefined;
  if (url === undefined || bearer === undefined)
    throw new CliError(
      'WHENCE_CI_AUDIENCE is set, but this job may not have a token.',
      'Give the job `permissions: { id-token: write }`, or unset WHENCE_CI_AUDIENCE.',
    );
  const address = new URL(url);
  address.searchParams.set('audience', audience);
  const response = await fetch(address, { headers: { authorization: `Bearer ${bearer}` }, redirect: 'error' });
  const answer = z.object({ value: z.string() }).safeParse(await response.json().catch(() => undefined));
  if (!response.ok || !answer.success)
    throw new CliError(`GitHub gave no token (${response.status}).`, 'Run the job again.');
  return answer.data.value;
}
