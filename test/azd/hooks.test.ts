/** azd's template and hooks, with `az` and `azd` played by programs that write down how they were called. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { afterEach, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';

import { CliError } from '#cli/cli-error.ts';

import { appSettings } from '../../scripts/infra/rules/function-app.ts';
import { markOf } from '../../scripts/azd/api-registration.ts';
import { postdown } from '../../scripts/azd/postdown.ts';
import { predeploy } from '../../scripts/azd/predeploy.ts';
import { preprovision, providersOf } from '../../scripts/azd/preprovision.ts';
import { registrationBody } from '../../scripts/azd/registration.ts';

import { FakeTools } from './fake-tools.ts';
import { templateOf } from '../infra/snapshots.ts';

const root = join(import.meta.dirname, '..', '..');
const APP_ID = '11111111-2222-4333-8444-555555555555';
const GROUP = '99999999-2222-4333-8444-555555555555';
const account = { id: 'sub-1', name: 'Trying' };

/** A root with nothing but the parameter files, and the tools in PATH. */
function stage(answers: Readonly<Record<string, unknown>>): { folder: string; tools: FakeTools; said: string[] } {
  const tools = new FakeTools(answers);
  vi.stubEnv('PATH', `${tools.folder}${delimiter}${process.env['PATH'] ?? ''}`);
  const folder = mkdtempSync(join(tmpdir(), 'whence-root-'));
  mkdirSync(join(folder, 'infra'));
  for (const file of ['dev.bicepparam', 'minimal.bicepparam', 'main.json'])
    cpSync(join(root, 'infra', file), join(folder, 'infra', file));
  return { folder, tools, said: [] };
}
afterEach(() => vi.unstubAllEnvs());

const newSubscription = {
  'az account show': account,
  'az ad app list': [],
  'az rest --method POST --url https://graph.microsoft.com/v1.0/applications': {
    id: 'object-1',
    appId: APP_ID,
    displayName: 'whence-try',
  },
  'az ad sp list': [],
  'az ad sp create': { id: 'principal-1' },
  'az ad signed-in-user show': { id: 'me' },
  'az rest --method GET --url https://management': {
    value: [{ name: { value: 'standardDSv2Family', localizedValue: 'DSv2' }, currentValue: 2, limit: 24 }],
  },
  'az rest --method GET': { value: [] },
  'az provider list': ['Microsoft.Storage', 'Microsoft.Web'],
};

describe('azure.yaml', () => {
  const template = parse(readFileSync(join(root, 'azure.yaml'), 'utf8')) as {
    readonly services: Readonly<Record<string, object>>;
    readonly hooks: Readonly<Record<string, { posix: { run: string }; windows: { run: string } }>>;
    readonly workflows: { readonly up: { readonly steps: readonly { readonly azd: string }[] } };
  };

  test('names the function app by the tag that the template gives it', () => {
    const snapshot = templateOf('dev');
    const [site] = snapshot.of('Web/sites');
    expect(Object.keys(template.services)).toEqual([site?.tags?.['azd-service-name']]);
    expect(site === undefined ? {} : appSettings(site, snapshot)).toHaveProperty('WHENCE_STAGE');
  });

  test('runs hooks that there are, the same on every system', () => {
    const known = readFileSync(join(root, 'scripts', 'azd', 'hook.ts'), 'utf8');
    for (const [name, { posix, windows }] of Object.entries(template.hooks)) {
      expect(posix.run).toBe(`npm run azd -- ${name}`);
      expect(windows.run).toBe(posix.run);
      expect(known).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    }
  });

  test('deploys the package that tests ran', () => {
    expect(template.workflows.up.steps.map(({ azd }) => azd)).toEqual([
      'provision',
      'deploy whence --from-package dist/whence.zip',
    ]);
  });
});

describe('before provisioning', () => {
  const env = {
    AZURE_ENV_NAME: 'try',
    AZURE_LOCATION: 'westeurope',
    AZURE_SUBSCRIPTION_ID: 'sub-1',
    WHENCE_CALLERS_GROUP: GROUP,
  };

  const mark = markOf('sub-1', 'try');
  const ours = { id: 'object-1', appId: APP_ID, displayName: 'whence-try', tags: [mark] };
  const trap = { ...ours, id: 'object-2', appId: '22222222-2222-4333-8444-555555555555' };

  test('the stage is chosen, the API registered with its roles, and providers are registered', async () => {
    const { folder, tools, said } = stage(newSubscription);
    await preprovision({ root: folder, env: { ...env, WHENCE_STAGE: 'minimal' }, say: (line) => said.push(line) });

    expect(readFileSync(join(folder, 'infra', 'main.bicepparam'), 'utf8')).toContain("param profile = 'minimal'");
    const patch = tools.calls.find((call) => call.includes('PATCH'));
    expect(patch?.slice(0, 6)).toEqual([
      'az',
      'rest',
      '--method',
      'PATCH',
      '--url',
      'https://graph.microsoft.com/v1.0/applications/object-1',
    ]);
    expect(JSON.parse(patch?.at(-1) ?? '')).toEqual(registrationBody('whence-try', APP_ID));
    const posts = tools.calls.filter((call) => call.includes('POST'));
    expect(JSON.parse(posts[0]?.at(-1) ?? '')).toMatchObject({ displayName: 'whence-try', tags: [mark] });
    expect(posts).toHaveLength(4);
    expect(tools.calls).toContainEqual(['az', 'ad', 'app', 'owner', 'add', '--id', APP_ID, '--owner-object-id', 'me']);
    expect(tools.calls).toContainEqual(['azd', 'env', 'set', 'WHENCE_API_CLIENT_ID', APP_ID]);
    const wanted = providersOf(root).filter((name) => !['Microsoft.Storage', 'Microsoft.Web'].includes(name));
    expect(tools.calls.filter((call) => call[2] === 'register').map((call) => call.at(-1))).toEqual(wanted);
    expect(wanted).toContain('Microsoft.MachineLearningServices');
    expect(said.join('\n')).toContain('It has no private network');
    expect(said.at(-1)).toBe('Azure ML has cores in westeurope: DSv2 22.');
  });

  test.each<[string, object, RegExp]>([
    [
      'has the name only',
      { 'az ad app list --filter': [], 'az ad app list --display-name': [{ ...trap, tags: [] }] },
      /it has the name, but was not made by these hooks/,
    ],
    ['somebody else owns', { 'az ad app owner list': [{ id: 'mallory' }] }, /you are not its only owner/],
    ['somebody else owns too', { 'az ad app owner list': [{ id: 'me' }, { id: 'mallory' }] }, /not its only owner/],
    ['nobody owns', { 'az ad app owner list': [] }, /not its only owner/],
    [
      'holds a secret of somebody',
      { 'az ad app list --filter': [{ ...trap, passwordCredentials: [{ hint: 'abc' }] }] },
      /it holds a credential/,
    ],
    [
      'trusts an issuer of somebody',
      { 'az ad app federated-credential list': [{ issuer: 'https://mallory.example' }] },
      /it holds a credential/,
    ],
  ])('a registration that %s is not adopted: a new one is made, and that is said', async (_what, change, why) => {
    const { 'az ad app list': _none, ...rest } = newSubscription;
    const { folder, tools, said } = stage({
      'az ad app list --filter': [trap],
      'az ad app list --display-name': [trap],
      'az ad app owner list': [{ id: 'me' }],
      ...rest,
      ...change,
    });
    await preprovision({ root: folder, env, say: (line) => said.push(line) });
    expect(tools.calls.join('\n')).not.toMatch(/PATCH.*object-2/);
    expect(tools.calls).toContainEqual(['azd', 'env', 'set', 'WHENCE_API_CLIENT_ID', APP_ID]);
    const told = said.filter((line) => line.includes(trap.appId));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(why);
    expect(told[0]).toContain(`azd env set WHENCE_API_CLIENT_ID ${trap.appId}`);
  });

  test('one that is named is taken as it is', async () => {
    const { folder, tools } = stage(newSubscription);
    await preprovision({ root: folder, env: { ...env, WHENCE_API_CLIENT_ID: APP_ID }, say: () => undefined });
    expect(tools.calls.filter((call) => call[1] === 'ad' || call[2] === 'PATCH')).toEqual([]);
  });

  test('who has roles of a registration that is found is said: roles outlive whoever gave them', async () => {
    const { folder, said } = stage({
      ...newSubscription,
      'az ad app list': [ours],
      'az ad app owner list': [{ id: 'me' }],
      'az rest --method GET': {
        value: [{ principalId: 'them', principalDisplayName: 'Mallory', appRoleId: 'r' }],
      },
    });
    await preprovision({ root: folder, env, say: (line) => said.push(line) });
    expect(said).toContain('These have roles of it already: Mallory (them).');
  });

  test('what is there already is found, and nothing is made twice', async () => {
    const body = registrationBody('whence-try', APP_ID) as { readonly appRoles: readonly { readonly id: string }[] };
    const { 'az ad app list': _none, ...rest } = newSubscription;
    const { folder, tools } = stage({
      ...rest,
      'az ad app list --filter': [ours],
      'az ad app list --display-name': [ours],
      'az ad app owner list': [{ id: 'me' }],
      'az ad sp list': [{ id: 'principal-1' }],
      'az rest --method GET': { value: body.appRoles.map(({ id }) => ({ principalId: 'me', appRoleId: id })) },
      'az provider list': providersOf(root),
    });
    await preprovision({ root: folder, env, say: () => undefined });
    const made = tools.calls.filter(
      (call) => call.includes('create') || call.includes('POST') || call.includes('add') || call[2] === 'register',
    );
    expect(made).toEqual([]);
  });

  test.each([
    ['a stage that there is not', { WHENCE_STAGE: 'qa' }, /WHENCE_STAGE is qa/],
    ['no group of callers', { WHENCE_CALLERS_GROUP: undefined }, /nobody could call/],
    ['another subscription', { AZURE_SUBSCRIPTION_ID: 'sub-2' }, /az uses subscription sub-1, azd uses sub-2/],
  ])('%s is refused, with what to do', async (_what, change, message) => {
    const { folder, tools } = stage(newSubscription);
    const refused = await preprovision({ root: folder, env: { ...env, ...change }, say: () => undefined }).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(CliError);
    expect((refused as CliError).message).toMatch(message);
    expect((refused as CliError).fix).toMatch(/^az/);
    expect(tools.calls.some((call) => call.includes('create'))).toBe(false);
  });

  test('what a tool says is passed on', async () => {
    const { folder } = stage({ 'az account show': null });
    await expect(preprovision({ root: folder, env, say: () => undefined })).rejects.toThrow(
      /az account show.* failed: ERROR: az account show is not possible here/,
    );
  });
});

test('the registration takes tokens of version 2, lets the Azure CLI ask, and keeps its ids', () => {
  const body = registrationBody('whence-try', APP_ID);
  expect(body).toMatchObject({
    identifierUris: [`api://${APP_ID}`],
    appRoles: [{ value: 'reader' }, { value: 'operator' }, { value: 'publisher' }],
    api: {
      requestedAccessTokenVersion: 2,
      preAuthorizedApplications: [{ appId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46' }],
    },
  });
  expect(registrationBody('whence-try', APP_ID)).toEqual(body);
  const ids = JSON.stringify(registrationBody('whence-other', APP_ID)).match(/"id":"([^"]+)"/g);
  for (const id of ids ?? []) expect(JSON.stringify(body)).not.toContain(id);
});

test.runIf(existsSync(join(root, 'node_modules', '@duckdb', 'node-bindings-linux-x64')))(
  'before deploying, the package is made, and a network that keeps the deployer out is told',
  async () => {
    const said: string[] = [];
    const options = { root, env: { WHENCE_FUNCTION_APP: 'func-try' }, say: (line: string) => said.push(line) };
    await predeploy(options, async () => undefined);
    expect(said.join()).toMatch(/Made dist\/whence\.zip: .* sha256 [0-9a-f]{64}/);
    await expect(predeploy(options, async () => 'no answer')).rejects.toThrow(
      /func-try\.scm\.azurewebsites\.net cannot be reached from here: no answer/,
    );
  },
);

test('after it is taken down, flow logs and roles outside of the resource group go too', async () => {
  const { tools } = stage({
    'az network watcher flow-log list': ['fl-vnet-try'],
    'az role definition list': [{ name: 'role-1', roleName: 'Whence Deployer (rg-whence-try)' }],
    'az role assignment list': ['/subscriptions/s/assignment-1'],
  });
  await postdown({ root, env: { AZURE_ENV_NAME: 'try', AZURE_LOCATION: 'westeurope' }, say: () => undefined });
  expect(tools.calls.filter((call) => call.includes('delete')).map((call) => call.join(' '))).toEqual([
    'az network watcher flow-log delete --location westeurope --name fl-vnet-try',
    'az role assignment delete --ids /subscriptions/s/assignment-1',
    'az role definition delete --name role-1',
  ]);
});
