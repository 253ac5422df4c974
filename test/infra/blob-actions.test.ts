/** The role with which the app adds blobs: held to the requests that its adapter really makes. */
import type { IncomingMessage } from 'node:http';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { createBlobStore } from '#shared/adapters/storage/azure-blob-store.ts';
import { watchAzurite, type WatchedAzurite } from '#test/support/azurite-proxy.ts';

import { listAt } from '../../scripts/infra/template.ts';
import { templateOf } from './snapshots.ts';

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

let azurite: WatchedAzurite;
const asked = new Set<string>();
beforeAll(async () => {
  azurite = await watchAzurite((request) => {
    const action = actionOf(request);
    if (action !== undefined) asked.add(action);
    return {};
  });
});
afterAll(() => azurite[Symbol.asyncDispose]());

test('it holds exactly what the adapter asks, so that nothing that is there can be changed', async () => {
  const store = createBlobStore({ connectionString: azurite.connectionString });
  await store.putIfAbsent('versions', 'a', Buffer.from('a'), 'text/plain');
  await store.putIfAbsent('versions', 'a', Buffer.from('b'), 'text/plain');
  const { blobs } = await store.list('versions', '');
  await store.head('versions', 'a');
  await store.read('versions', 'a');
  const etag = blobs[0]?.etag ?? '';
  expect(
    await store.copyIfAbsent({ container: 'versions', path: 'a', etag }, { container: 'versions', path: 'b' }),
  ).toBe('copied');

  const template = templateOf('prod');
  const role = template
    .of('Authorization/roleDefinitions')
    .find(({ properties }) => String(properties['roleName']).startsWith('Whence Blob Adder'));
  const [permission] = listAt(role, 'properties.permissions');
  expect(listAt(permission, 'dataActions')).toEqual([...asked].toSorted());
});
