/** A copy that goes on in the background, as the service does it and Azurite does not. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { createBlobStore } from '#shared/adapters/storage/azure-blob-store.ts';
import { watchAzurite, type WatchedAzurite } from '#test/support/azurite-proxy.ts';

let azurite: WatchedAzurite;
beforeAll(async () => {
  // Says of `/versions/b` what the service says of a copy whose source changed under it.
  azurite = await watchAzurite(({ method, url = '' }, status) =>
    method === 'HEAD' && status === 200 && /\/versions\/b(\?|$)/.test(url) ? { 'x-ms-copy-status': 'failed' } : {},
  );
});
afterAll(() => azurite[Symbol.asyncDispose]());

test('a copy that failed because its source changed is told as changed, however often it is asked', async () => {
  const store = createBlobStore({ connectionString: azurite.connectionString });
  await store.putIfAbsent('landing', 'a', Buffer.from('a'), 'text/plain');
  await store.putIfAbsent('versions', 'x', Buffer.from('a'), 'text/plain');
  const etag = (await store.head('landing', 'a'))?.etag ?? '';
  const copy = () =>
    store.copyIfAbsent({ container: 'landing', path: 'a', etag }, { container: 'versions', path: 'b' });
  expect(await copy()).toBe('changed');
  expect(await copy()).toBe('changed');
});
