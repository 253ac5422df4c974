/**
 * Finds or makes the app registration of the API. Whoever is in a tenant may register an app by any name: so one is ours only
 * if it carries our mark, has nobody else as its owner, and holds no credential.
 */

import { sha256 } from '#shared/domain/digest.ts';
import { roles } from '#shared/contracts/api/route-contract.ts';

import { AZURE_CLI, registrationBody, roleId } from './registration.ts';
import { askAz, call } from './tools.ts';

/** For whom the API is registered. */
export interface ApiOwner {
  readonly subscription: string;
  /** Name of the azd environment. */
  readonly environment: string;
  readonly say: (line: string) => void;
}

interface Registration {
  readonly id: string;
  readonly appId: string;
  readonly displayName: string;
  readonly tags?: readonly string[];
  readonly passwordCredentials?: readonly unknown[];
  readonly keyCredentials?: readonly unknown[];
}

/** Registers the API, or brings its registration up to date, and gives its roles to whoever deploys. */
export async function registerApi({ subscription, environment, say }: ApiOwner): Promise<void> {
  const name = `whence-${environment}`;
  const mark = markOf(subscription, environment);
  const me = await askAz<{ readonly id: string }>('ad', 'signed-in-user', 'show');
  const { id, appId } = (await findOurs(name, mark, me.id, say)) ?? (await create(name, mark, me.id));
  await graph('PATCH', `applications/${id}`, registrationBody(name, appId));
  const principals = await askAz<readonly { readonly id: string }[]>(
    ...['ad', 'sp', 'list', '--filter', `appId eq '${appId}'`],
  );
  const principal = principals[0] ?? (await askAz<{ readonly id: string }>('ad', 'sp', 'create', '--id', appId));
  const others = await giveRoles(name, principal.id, me.id);
  await call('azd', 'env', 'set', 'WHENCE_API_CLIENT_ID', appId);
  await call('azd', 'env', 'set', 'WHENCE_CLI_CLIENT_ID', AZURE_CLI);
  say(
    `App registration ${name} (${appId}); you have its roles ${roles.join(', ')}. Others get them in Enterprise applications.`,
  );
  if (others.length > 0) say(`These have roles of it already: ${others.join(', ')}.`);
}

/** The tag by which we know our registration again. */
export function markOf(subscription: string, environment: string): string {
  const hex = sha256(`${subscription}/${environment}`);
  return `whence-api-${hex.slice(0, 32)}`;
}

/** @returns the registration with our mark that only I could have changed; the others are told, since they may be traps */
async function findOurs(
  name: string,
  mark: string,
  me: string,
  say: ApiOwner['say'],
): Promise<Registration | undefined> {
  const marked = await askAz<readonly Registration[]>(
    ...['ad', 'app', 'list', '--filter', `tags/any(t:t eq '${mark}')`],
  );
  const named = await askAz<readonly Registration[]>('ad', 'app', 'list', '--display-name', name);
  const candidates = [...marked, ...named.filter((one) => one.displayName === name && !isIn(marked, one))];
  let ours: Registration | undefined;
  for (const one of candidates) {
    const why = await whyNotOurs(one, mark, me);
    if (why === undefined) ours ??= one;
    else
      say(
        `The app registration ${one.displayName} (${one.appId}) is not used: ${why}. If you trust it: azd env set WHENCE_API_CLIENT_ID ${one.appId}`,
      );
  }
  return ours;
}

async function whyNotOurs(one: Registration, mark: string, me: string): Promise<string | undefined> {
  if (one.tags?.includes(mark) !== true) return 'it has the name, but was not made by these hooks';
  const owners = await askAz<readonly { readonly id: string }[]>('ad', 'app', 'owner', 'list', '--id', one.appId);
  if (owners.length !== 1 || owners[0]?.id !== me) return 'you are not its only owner';
  const federated = await askAz<readonly unknown[] | null>(
    ...['ad', 'app', 'federated-credential', 'list', '--id', one.appId],
  );
  const credentials = [...(one.passwordCredentials ?? []), ...(one.keyCredentials ?? []), ...(federated ?? [])];
  return credentials.length > 0 ? 'it holds a credential, and Whence never gives it one' : undefined;
}

function isIn(registrations: readonly Registration[], { id }: Registration): boolean {
  return registrations.some((one) => one.id === id);
}

/** @source Microsoft Graph v1.0, "Create application": `tags` may be given, and may be filtered by */
async function create(name: string, mark: string, me: string): Promise<Registration> {
  const body = { displayName: name, signInAudience: 'AzureADMyOrg', tags: [mark] };
  const made = JSON.parse(await graph('POST', 'applications', body)) as Registration;
  // Graph makes the creator an owner, unless an administrator's role let him create it. Adding an owner again is no error.
  await call('az', 'ad', 'app', 'owner', 'add', '--id', made.appId, '--owner-object-id', me);
  return made;
}

/** Whoever deploys may use what he deployed. A role that is there already is no error. @returns who else has roles */
async function giveRoles(name: string, principalId: string, me: string): Promise<readonly string[]> {
  const path = `servicePrincipals/${principalId}/appRoleAssignedTo`;
  const { value } = await askAz<{
    readonly value: readonly {
      readonly principalId: string;
      readonly principalDisplayName?: string;
      readonly appRoleId: string;
    }[];
  }>('rest', '--method', 'GET', '--url', graphUrl(path));
  for (const role of roles) {
    const appRoleId = roleId(name, role);
    if (value.some((one) => one.principalId === me && one.appRoleId === appRoleId)) continue;
    await graph('POST', path, { principalId: me, resourceId: principalId, appRoleId });
  }
  const others = value.filter((one) => one.principalId !== me);
  return [...new Set(others.map((one) => `${one.principalDisplayName ?? 'unnamed'} (${one.principalId})`))];
}

async function graph(method: 'PATCH' | 'POST', path: string, body: object): Promise<string> {
  return call('az', 'rest', '--method', method, '--url', graphUrl(path), '--body', JSON.stringify(body));
}

function graphUrl(path: string): string {
  return `https://graph.microsoft.com/v1.0/${path}`;
}
