import { z } from 'zod';

import { readStateFile } from './state-folder.ts';

/** Name of the file that tells outside clients where everything is. */
export const ENDPOINTS_FILE = 'endpoints.json';

const storage = z.looseObject({ url: z.url(), connectionString: z.string() });

/** What `.whence/endpoints.json` holds. It grows by addition. */
export const runtimeEndpoints = z.looseObject({
  app: z.looseObject({ baseUrl: z.url() }),
  blob: storage,
  table: storage,
  queue: storage,
  serviceBus: z.looseObject({ connectionString: z.string() }),
  azureMl: z.looseObject({
    baseUrl: z.url(),
    subscriptionId: z.string(),
    resourceGroup: z.string(),
    workspaceName: z.string(),
    /** Certificate to trust, PEM. */
    caFile: z.string(),
  }),
  identity: z.looseObject({
    /** Managed-identity endpoint, as the app uses it. */
    endpoint: z.url(),
    /** Where people get tokens, who shows the secret of the file. */
    tokenUrl: z.url(),
    issuer: z.url(),
    audience: z.string(),
    secretFile: z.string(),
  }),
});
/** See {@link runtimeEndpoints}. */
export type RuntimeEndpoints = z.output<typeof runtimeEndpoints>;

/**
 * @param stateFolder - absolute path
 * @returns the endpoints of the runtime that last became ready there; undefined where none did, or it has stopped
 * @throws {Error} the file is damaged
 */
export function readEndpoints(stateFolder: string): RuntimeEndpoints | undefined {
  const found = readStateFile(stateFolder, ENDPOINTS_FILE);
  return found === undefined ? undefined : runtimeEndpoints.parse(found);
}
