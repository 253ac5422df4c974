/** After the app is deployed: it looks at everything that it stands on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { CliError } from '#cli/cli-error.ts';

import type { HookOptions } from './preprovision.ts';

/** See the module. */
export async function postdeploy({ root, env, say }: HookOptions): Promise<void> {
  const { WHENCE_URL, WHENCE_API_CLIENT_ID } = env;
  if (WHENCE_URL === undefined || WHENCE_API_CLIENT_ID === undefined)
    throw new CliError('The address of the app is not in the azd environment.', 'azd provision');
  const audience = `api://${WHENCE_API_CLIENT_ID}`;
  const child = spawn(process.execPath, [join(root, 'cli', 'whence.mjs'), 'doctor'], {
    stdio: 'inherit',
    env: { ...process.env, WHENCE_URL, WHENCE_AUDIENCE: audience },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0)
    throw new CliError(
      'The app is not well yet; see above.',
      'Roles take up to ten minutes after the first deployment. Then: npm run azd -- postdeploy',
    );
  say(`To use it: export WHENCE_URL=${WHENCE_URL} WHENCE_AUDIENCE=${audience}`);
}
