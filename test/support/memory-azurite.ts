import { createRequire } from 'node:module';

import { AZURITE_ACCOUNT, azuriteConnectionString } from '#local/azurite/azurite.ts';

/** Blob storage of Azurite in this process and in memory. */
export interface MemoryAzurite extends AsyncDisposable {
  /** Account address, over plain HTTP. */
  readonly url: string;
  readonly connectionString: string;
}

interface BlobServer {
  start(): Promise<void>;
  close(): Promise<void>;
  getHttpServerAddress(): string;
}

const require = createRequire(import.meta.url);

/**
 * Starts it on a port of the system's choice.
 *
 * @source azure-facts.md §7: Azurite's inner classes, which have no public interface
 */
export async function startMemoryAzurite(): Promise<MemoryAzurite> {
  const load = (name: string): new (...values: unknown[]) => unknown =>
    (require(`azurite/dist/src/blob/${name}`) as { default: new (...values: unknown[]) => unknown }).default;
  const locations = [{ locationId: 'Default', locationPath: 'unused', maxConcurrency: 10 }];
  const [accessLog, debug, loose, skipApiVersionCheck, disableProductStyleUrl, isMemory] = [
    false,
    false,
    false,
    true,
    false,
    true,
  ];
  const configuration = new (load('BlobConfiguration'))(
    ...['127.0.0.1', 0, undefined, 'unused', 'unused', locations, accessLog, undefined, debug, undefined, loose],
    ...[skipApiVersionCheck, '', '', '', undefined, disableProductStyleUrl, isMemory],
  );
  const server = new (load('BlobServer'))(configuration) as BlobServer;
  await server.start();
  const url = `${server.getHttpServerAddress()}/${AZURITE_ACCOUNT}`;
  return {
    url,
    connectionString: azuriteConnectionString({ blob: url }),
    [Symbol.asyncDispose]: () => server.close(),
  };
}
