/** Before the app is deployed: the package is made, and its way into the network is there. */
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

import { CliError } from '#cli/cli-error.ts';

import { writePackage } from '../package.ts';
import type { HookOptions } from './preprovision.ts';

/** Longest wait for a connection. */
const CONNECT_MS = 10_000;
/** Port of the deployment site. */
const HTTPS = 443;

/** See the module. @param reach - whether a host takes connections */
export async function predeploy(
  { root, env, say }: HookOptions,
  reach: (host: string) => Promise<string | undefined> = whyUnreachable,
): Promise<void> {
  const { bytes, sha256 } = await writePackage(join(root, 'dist', 'whence.zip'));
  say(`Made dist/whence.zip: ${(bytes / 1e6).toFixed(1)} MB, sha256 ${sha256}.`);
  const app = env['WHENCE_FUNCTION_APP'];
  if (app === undefined) throw new CliError('There is no function app yet.', 'azd provision');
  const host = `${app}.scm.azurewebsites.net`;
  const why = await reach(host);
  if (why !== undefined)
    throw new CliError(
      `${host} cannot be reached from here: ${why}.`,
      'In a private stage the app takes its package from inside the network only: run `azd deploy whence --from-package dist/whence.zip` on a machine there (the subnet agents, or over your VPN). To try Whence out without a network: azd env set WHENCE_STAGE minimal',
    );
}

async function whyUnreachable(host: string): Promise<string | undefined> {
  try {
    const { address } = await lookup(host);
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ host: address, port: HTTPS, timeout: CONNECT_MS });
      socket.once('connect', () => (socket.destroy(), resolve()));
      socket.once('timeout', () => (socket.destroy(), reject(new Error('no answer'))));
      socket.once('error', reject);
    });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
