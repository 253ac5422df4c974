/** Before resources are made: parameters of the stage, the API's app registration, providers of every resource type. */
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CliError } from '#cli/cli-error.ts';

import { registerApi } from './api-registration.ts';
import { askAz, call } from './tools.ts';

/** Stages that have a parameter file. */
const STAGES = ['dev', 'test', 'prod', 'minimal'] as const;

/** What a hook is given. */
export interface HookOptions {
  /** Root of the repository. */
  readonly root: string;
  /** The azd environment, as environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}

/** See the module. */
export async function preprovision(options: HookOptions): Promise<void> {
  await chooseStage(options);
  requireCallers(options);
  const subscription = await signedIn(options);
  if (!isGuid(options.env['WHENCE_API_CLIENT_ID']))
    await registerApi({ subscription, environment: options.env['AZURE_ENV_NAME'] ?? 'dev', say: options.say });
  await registerProviders(options);
  await lookForCores(options);
}

/** azd reads infra/main.bicepparam; which stage that is, is chosen by WHENCE_STAGE. */
async function chooseStage({ root, env, say }: HookOptions): Promise<void> {
  const stage = env['WHENCE_STAGE'] ?? 'dev';
  if (!STAGES.some((one) => one === stage))
    throw new CliError(`WHENCE_STAGE is ${stage}.`, `azd env set WHENCE_STAGE ${STAGES.join('|')}`);
  const file = join(root, 'infra', `${stage}.bicepparam`);
  copyFileSync(file, join(root, 'infra', 'main.bicepparam'));
  say(
    `Stage ${stage}: infra/${stage}.bicepparam.${stage === 'minimal' ? ' It has no private network; docs/infra.md says what it gives up.' : ''}`,
  );
}

function requireCallers({ env }: HookOptions): void {
  if (isGuid(env['WHENCE_CALLERS_GROUP'])) return;
  throw new CliError(
    'WHENCE_CALLERS_GROUP is not set: nobody could call the API.',
    'azd env set WHENCE_CALLERS_GROUP $(az ad group show --group NAME --query id --output tsv)',
  );
}

/** @returns the subscription */
async function signedIn({ env, say }: HookOptions): Promise<string> {
  const account = await askAz<{ readonly id: string; readonly name: string }>('account', 'show');
  const wanted = env['AZURE_SUBSCRIPTION_ID'];
  if (wanted !== undefined && wanted !== account.id)
    throw new CliError(
      `az uses subscription ${account.id}, azd uses ${wanted}.`,
      `az account set --subscription ${wanted}`,
    );
  say(`Subscription ${account.name}.`);
  return account.id;
}

/** A subscription takes resources only of providers that are registered with it. */
async function registerProviders({ root, say }: HookOptions): Promise<void> {
  const registered = new Set(
    await askAz<readonly string[]>('provider', 'list', '--query', "[?registrationState=='Registered'].namespace"),
  );
  const missing = providersOf(root).filter((name) => !registered.has(name));
  for (const name of missing) await call('az', 'provider', 'register', '--namespace', name);
  say(missing.length === 0 ? 'Every resource provider is registered.' : `Registered ${missing.join(', ')}.`);
}

/** Without cores for Azure ML in the region no job ever starts; Azure says so only when a cluster should grow. */
async function lookForCores({ env, say }: HookOptions): Promise<void> {
  const { AZURE_LOCATION: location, AZURE_SUBSCRIPTION_ID: subscription } = env;
  if (location === undefined || subscription === undefined) return;
  const url = `https://management.azure.com/subscriptions/${subscription}/providers/Microsoft.MachineLearningServices/locations/${location}/usages?api-version=${USAGES_API}`;
  const { value } = await askAz<{ readonly value: readonly Usage[] }>('rest', '--method', 'GET', '--url', url);
  const free = value.filter(({ limit, currentValue }) => limit > currentValue);
  say(
    free.length === 0
      ? `Azure ML has no cores left in ${location}: jobs will wait. Ask for more in the portal (Azure Machine Learning, Quotas).`
      : `Azure ML has cores in ${location}: ${free
          .slice(0, 3)
          .map(({ name, limit, currentValue }) => `${name.localizedValue ?? name.value} ${limit - currentValue}`)
          .join(', ')}.`,
  );
}

/** @source Azure ML REST, Usages - List */
interface Usage {
  readonly name: { readonly value: string; readonly localizedValue?: string };
  readonly currentValue: number;
  readonly limit: number;
}
/** The api-version that the app uses too. */
const USAGES_API = '2024-10-01';

/** Namespaces of the resource types of the compiled template. */
export function providersOf(root: string): readonly string[] {
  const file = join(root, 'infra', 'main.json');
  if (!existsSync(file)) throw new CliError('infra/main.json is not there.', 'git checkout infra/main.json');
  const types = readFileSync(file, 'utf8').matchAll(/"type": "(Microsoft\.[A-Za-z]+)\//g);
  const builtIn = new Set(['Microsoft.Resources', 'Microsoft.Authorization', 'Microsoft.Consumption']);
  return [...new Set([...types].map(([, name = '']) => name))].filter((name) => !builtIn.has(name)).toSorted();
}

function isGuid(text: string | undefined): boolean {
  return text !== undefined && /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text) && !/^[0-]+$/.test(text);
}
