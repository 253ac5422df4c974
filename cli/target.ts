import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { AzureCliCredential } from '@azure/identity';
import { z } from 'zod';

import { getDevelopmentToken } from '#local/identity/get-token.ts';

import { CliError } from './cli-error.ts';
import { ApiClient, type ApiTarget } from './client/api-client.ts';

/** What the CLI reads of `.whence/endpoints.json`. */
export const laptopEndpoints = z.looseObject({
  app: z.looseObject({ baseUrl: z.url() }),
  blob: z.looseObject({ connectionString: z.string() }),
  identity: z.looseObject({ tokenUrl: z.url(), secretFile: z.string() }),
});
/** See {@link laptopEndpoints}. */
export type LaptopEndpoints = z.output<typeof laptopEndpoints>;

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
    token: () => getDevelopmentToken({ tokenUrl: identity.tokenUrl, secretFile: identity.secretFile }),
  };
}

/** @returns the endpoints of the laptop runtime here or above, or undefined */
function findLaptop(from = process.cwd()): LaptopEndpoints | undefined {
  const file =
    process.env['WHENCE_STATE'] === undefined
      ? findUp(resolve(from))
      : join(process.env['WHENCE_STATE'], 'endpoints.json');
  if (file === undefined || !existsSync(file)) return undefined;
  return laptopEndpoints.parse(JSON.parse(readFileSync(file, 'utf8')));
}

function findUp(folder: string): string | undefined {
  const file = join(folder, STATE_FOLDER, 'endpoints.json');
  if (existsSync(file)) return file;
  const above = dirname(folder);
  return above === folder ? undefined : findUp(above);
}

function remoteTarget(url: string): ApiTarget {
  const shown = process.env['WHENCE_TOKEN'];
  const audience = process.env['WHENCE_AUDIENCE'] ?? 'api://whence';
  const credential = new AzureCliCredential();
  return {
    baseUrl: apiBase(url),
    token: async () => shown ?? (await credential.getToken(`${audience}/.default`)).token,
  };
}

function apiBase(url: string): string {
  const trimmed = url.replace(/\/+$/, '');
  return trimmed.endsWith('/api') ? trimmed : `${trimmed}/api`;
}
