import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import { startMemoryAzurite } from './memory-azurite.ts';

/** Azurite behind a proxy, which sees every request and may change what is answered. */
export interface WatchedAzurite extends AsyncDisposable {
  /** Leads to the proxy. */
  readonly connectionString: string;
}

/**
 * Starts Azurite in memory behind a proxy.
 *
 * @param watch - is shown each request that was answered, before the answer is passed on
 * @returns headers that the answer gets besides
 */
export async function watchAzurite(
  watch: (asked: IncomingMessage, status: number) => Readonly<Record<string, string>>,
): Promise<WatchedAzurite> {
  const azurite = await startMemoryAzurite();
  const { hostname, port, host } = new URL(azurite.url);
  const proxy = createServer((incoming, response) => {
    const { method, url, headers } = incoming;
    const passed = request({ hostname, port, method, path: url, headers }, (answer) => {
      const { statusCode = 500 } = answer;
      response.writeHead(statusCode, { ...answer.headers, ...watch(incoming, statusCode) });
      answer.pipe(response);
    });
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port: ours } = proxy.address() as AddressInfo;
  return {
    connectionString: azurite.connectionString.replaceAll(host, `127.0.0.1:${ours}`),
    async [Symbol.asyncDispose]() {
      proxy.close();
      await azurite[Symbol.asyncDispose]();
    },
  };
}
