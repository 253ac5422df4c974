/** After the resource group is gone: what of Whence lies outside of it. */
import { CliError } from '#cli/cli-error.ts';

import type { HookOptions } from './preprovision.ts';
import { askAz, call } from './tools.ts';

/** See the module. */
export async function postdown({ env, say }: HookOptions): Promise<void> {
  const name = env['AZURE_ENV_NAME'];
  const location = env['AZURE_LOCATION'];
  if (name === undefined || location === undefined)
    throw new CliError('AZURE_ENV_NAME or AZURE_LOCATION is not set.', 'azd env select NAME');
  const group = `rg-whence-${name}`;
  const logs = await deleteFlowLogs(location, group);
  const roles = await deleteRoles(group);
  say(`Deleted ${logs} flow logs and ${roles} roles of ${group} outside of it.`);
  say(
    `Left: the app registration (az ad app delete --id ${env['WHENCE_API_CLIENT_ID'] ?? 'ID'}), and what Azure keeps on purpose: key vaults with purge protection for 90 days, evidence until its days are over.`,
  );
}

async function deleteFlowLogs(location: string, group: string): Promise<number> {
  const names = await askAz<readonly string[]>(
    ...['network', 'watcher', 'flow-log', 'list', '--location', location],
    ...['--query', `[?contains(targetResourceId, '/${group}/')].name`],
  );
  for (const name of names)
    await call('az', 'network', 'watcher', 'flow-log', 'delete', '--location', location, '--name', name);
  return names.length;
}

/** Custom roles are the subscription's; one that somebody still has cannot be deleted, so that goes first. */
async function deleteRoles(group: string): Promise<number> {
  const roles = await askAz<readonly { readonly name: string; readonly roleName: string }[]>(
    ...['role', 'definition', 'list', '--custom-role-only', 'true'],
    ...['--query', `[?starts_with(roleName, 'Whence ') && ends_with(roleName, '(${group})')]`],
  );
  for (const { name } of roles) {
    const held = await askAz<readonly string[]>(
      'role',
      'assignment',
      'list',
      '--all',
      '--role',
      name,
      '--query',
      '[].id',
    );
    if (held.length > 0) await call('az', 'role', 'assignment', 'delete', '--ids', ...held);
    await call('az', 'role', 'definition', 'delete', '--name', name);
  }
  return roles.length;
}
