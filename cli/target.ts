import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { AzureCliCredential, CredentialUnavailableError } from '@azure/identity';

import { getDevelopmentToken } from '#local/identity/get-token.ts';

import { CliError } from './cli-error.ts';
import { ApiClient, ApiUnreachable, type ApiTarget } from './client/api-client.ts';
import { readLaptopState, type LaptopEndpoints } from './laptop-state.ts';
import { isLoopback } from './loopback.ts';

/** Name of the folder in which the laptop runtime keeps its state. */
const STATE_FOLDER = '.whence';

/**
 * Finds the app: `WHENCE_URL`, or the laptop runtime whose `.whence` folder is here or above.
 *
 * @throws {CliError} there is neither
 */
export function findApi(): ApiClient {
  return new ApiClient(findTarget());
}

/**
 * @returns connection string of the blob storage of the laptop runtime; undefined where the app is another one
 * @throws {CliError} there is a state folder that nobody should trust
 */
export function findLaptopStorage(): string | undefined {
  const url = process.env['WHENCE_URL'] ?? '';
  return url === '' ? findLaptop()?.blob.connectionString : undefined;
}

function findTarget(): ApiTarget {
  const url = process.env['WHENCE_URL'];
  if (url !== undefined && url !== '') return remoteTarget(url);
  const endpoints = findLaptop();
  if (endpoints === undefined) {
    throw new CliError(
      'There is no Whence to talk to.',
      'Start one with `whence local up`, or set WHENCE_URL to the address of the function app.',
    );
  }
  return laptopTarget(endpoints);
}

/** @returns the API of a laptop runtime; its development issuer gives the tokens */
export function laptopTarget({ app, identity }: LaptopEndpoints): ApiTarget {
  return {
    baseUrl: apiBase(app.baseUrl),
    token: () => developmentToken(identity),
  };
}

async function developmentToken({ tokenUrl, secretFile }: LaptopEndpoints['identity']): Promise<string> {
  try {
    return await getDevelopmentToken({ tokenUrl, secretFile });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ApiUnreachable(`There is no token from the development issuer: ${why}`, { cause });
  }
}

/**
 * @returns the endpoints of the laptop runtime here or above, or undefined
 * @throws {CliError} there is a state folder that nobody should trust
 */
function findLaptop(from = process.cwd()): LaptopEndpoints | undefined {
  const named = process.env['WHENCE_STATE'] ?? '';
  const file = named === '' ? findUp(resolve(from)) : resolve(named, 'endpoints.json');
  return file === undefined || !existsSync(file) ? undefined : readLaptopState(file);
}

function findUp(folder: string): string | undefined {
  const file = join(folder, STATE_FOLDER, 'endpoints.json');
  if (existsSync(file)) return file;
  const above = dirname(folder);
  return above === folder ? undefined : findUp(above);
}

function remoteTarget(url: string): ApiTarget {
  requireTls(url);
  const shown = process.env['WHENCE_TOKEN'] ?? '';
  return { baseUrl: apiBase(url), token: shown === '' ? azureCliToken() : async () => shown };
}

/** Tokens of whoever is signed in with the Azure CLI. */
function azureCliToken(): () => Promise<string> {
  const named = process.env['WHENCE_AUDIENCE'] ?? '';
  const audience = named === '' ? 'api://whence' : named;
  const credential = new AzureCliCredential();
  return async () => {
    try {
      return (await credential.getToken(`${audience}/.default`)).token;
    } catch (error) {
      if (!(error instanceof CredentialUnavailableError)) throw error;
      throw new CliError(
        'No token for WHENCE_URL: the Azure CLI is not installed, or not signed in.',
        'Install az and run `az login`, or set WHENCE_TOKEN.',
        'cli.no-token',
      );
    }
  };
}

/** Whoever carries a token may use it: so it travels encrypted, or not at all. */
function requireTls(url: string): void {
  const parsed = URL.parse(url);
  if (parsed === null)
    throw new CliError(`WHENCE_URL is ${url}, which is no address.`, 'Write it as https://HOST, without a path.');
  if (parsed.protocol === 'https:' || isLoopback(url)) return;
  throw new CliError(
    `WHENCE_URL is ${parsed.origin === 'null' ? url : parsed.origin}: a token would be sent there without TLS.`,
    'Write it with https:// (http:// is for this machine only).',
  );
}

function apiBase(url: string): string {
  const trimmed = url.replace(/\/+$/, '');
  return trimmed.endsWith('/api') ? trimmed : `${trimmed}/api`;
}
