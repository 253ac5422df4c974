import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBlobStore } from '#shared/adapters/storage/azure-blob-store.ts';
import { startMemoryAzurite, type MemoryAzurite } from '#test/support/memory-azurite.ts';
let azurite: MemoryAzurite;
/** Says of `/versions/b` what the service says of a copy in the background whose source changed under it. */
const proxy = createServer((incoming, response) => {
  const { hostname, port } = new URL(azurite.url);
  const passed = request(
    { hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers },
    (answer) => {
      const failed = incoming.method === 'HEAD' && /\/versions\/b(\?|$)/.test(incoming.url ?? '');
      response.writeHead(answer.statusCode ?? 500, {
        ...answer.headers,
        ...(failed && answer.statusCode === 200 ? { 'x-ms-copy-status': 'failed' } : {}),
      });
      answer.pipe(response);
    },
  );
  incoming.pipe(passed);
});
beforeAll(async () => {
  azurite = await startMemoryAzurite();
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  proxy.close();
  await azurite[Symbol.asyncDispose]();
});
test('a copy that failed because its source changed is told as changed, however often it is asked', async () => {
  const { port } = proxy.address() as AddressInfo;
  const store = createBlobStore({
    connectionString: azurite.connectionString.replaceAll(new URL(azurite.url).host, `127.0.0.1:${port}`),
  });
  await store.putIfAbsent('landing', 'a', Buffer.from('a'), 'text/plain');
  await store.putIfAbsent('versions', 'x', Buffer.from('a'), 'text/plain');
  const etag = (await store.head('landing', 'a'))?.etag ?? '';
  const copy = () =>
    store.copyIfAbsent({ container: 'landing', path: 'a', etag }, { container: 'versions', path: 'b' });
  expect(await copy()).toBe('changed');
  expect(await copy()).toBe('changed');
});
