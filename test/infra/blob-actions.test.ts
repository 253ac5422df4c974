/** The role with which the app adds blobs: held to the requests that its adapter really makes. */
import { readFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { createBlobStore } from '#shared/adapters/storage/azure-blob-store.ts';
import { startMemoryAzurite, type MemoryAzurite } from '#test/support/memory-azurite.ts';

import { infraFolder } from '../../scripts/infra/bicep.ts';
import { listAt, Template } from '../../scripts/infra/template.ts';

const BLOBS = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';

/**
 * The action that a request needs; undefined: it is about a container, which the template makes.
 *
 * @source Microsoft Learn, blob data actions of role conditions: `blobs/write` creates and changes, `blobs/add/action`
 * only creates
 */
function actionOf({ method, url, headers }: IncomingMessage): string | undefined {
  const { searchParams } = new URL(url ?? '', 'http://azurite');
  if (searchParams.get('comp') === 'list' || method === 'GET') return `${BLOBS}/read`;
  if (searchParams.get('restype') === 'container') return undefined;
  if (method === 'HEAD') return `${BLOBS}/read`;
  if (method === 'PUT') return headers['if-none-match'] === '*' ? `${BLOBS}/add/action` : `${BLOBS}/write`;
  return `${BLOBS}/${method?.toLowerCase() ?? ''}`;
}

let azurite: MemoryAzurite;
const asked = new Set<string>();
const proxy = createServer((incoming, response) => {
  const action = actionOf(incoming);
  if (action !== undefined) asked.add(action);
  const { hostname, port } = new URL(azurite.url);
  const passed = request(
    { hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
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

test('it holds exactly what the adapter asks, so that nothing that is there can be changed', async () => {
  const { port } = proxy.address() as AddressInfo;
  const store = createBlobStore({
    connectionString: azurite.connectionString.replaceAll(new URL(azurite.url).host, `127.0.0.1:${port}`),
  });
  await store.putIfAbsent('versions', 'a', Buffer.from('a'), 'text/plain');
  await store.putIfAbsent('versions', 'a', Buffer.from('b'), 'text/plain');
  const { blobs } = await store.list('versions', '');
  await store.head('versions', 'a');
  await store.read('versions', 'a');
  const etag = blobs[0]?.etag ?? '';
  expect(
    await store.copyIfAbsent({ container: 'versions', path: 'a', etag }, { container: 'versions', path: 'b' }),
  ).toBe('copied');

  const template = new Template(readFileSync(join(infraFolder, 'prod.snapshot.json'), 'utf8'));
  const role = template
    .of('Authorization/roleDefinitions')
    .find(({ properties }) => String(properties['roleName']).startsWith('Whence Blob Adder'));
  const [permission] = listAt(role, 'properties.permissions');
  expect(listAt(permission, 'dataActions')).toEqual([...asked].toSorted());
});
