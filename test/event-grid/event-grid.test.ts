import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setDefaultCACertificates, getCACertificates } from 'node:tls';

import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { azuriteConnectionString, startAzurite, type Azurite } from '#local/azurite/azurite.ts';
import { laptopCertificate } from '#local/certificates/certificate.ts';
import { startEventGrid, type EventGrid } from '#local/event-grid/event-grid.ts';
import { startIdentity, type Identity } from '#local/identity/identity.ts';
import { createCredential } from '#shared/adapters/identity/credential.ts';
import { createBlobStore } from '#shared/adapters/storage/azure-blob-store.ts';
import { createRecordStore } from '#shared/adapters/storage/table-record-store.ts';
import { blobCreated } from '#shared/contracts/events/blob-created.ts';
import type { BlobStore } from '#shared/ports/blob-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'whence-azurite-'));
let azurite: Azurite;
let grid: EventGrid;
let identity: Identity;
let store: BlobStore;
const events: { event: Readonly<Record<string, unknown>>; messageId: string }[] = [];

beforeAll(async () => {
  const certificate = await laptopCertificate(folder);
  setDefaultCACertificates([...getCACertificates('default'), certificate.cert]);
  azurite = await startAzurite({ folder, certificate });
  identity = await startIdentity({
    folder,
    tenantId: '00000000-0000-0000-0000-000000000001',
    audience: 'api://whence',
  });
  process.env['IDENTITY_ENDPOINT'] = identity.endpoint;
  process.env['IDENTITY_HEADER'] = identity.identityHeader;
  store = createBlobStore({ url: azurite.blobUrl, credential: createCredential(undefined) });
  grid = await startEventGrid({
    folder,
    blobUrl: azurite.blobUrl,
    ca: readFileSync(certificate.caFile, 'utf8'),
    sourceId: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/devstoreaccount1',
    container: 'landing',
    chaos: false,
    deliver: async (event, messageId) => {
      events.push({ event, messageId });
    },
  });
}, 60_000);
afterAll(async () => {
  await grid.stop();
  await identity.stop();
  await azurite.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the front door tells of every blob that lands, with the ETag of that very write', async () => {
  const container = BlobServiceClient.fromConnectionString(grid.connectionString).getContainerClient('landing');
  await container.createIfNotExists();
  const single = await container.getBlockBlobClient('a/one file.csv').upload('x,y\n1,2\n', 8);
  const blocks = container.getBlockBlobClient('a/blocks.csv');
  await Promise.all(['a', 'b'].map((id) => blocks.stageBlock(Buffer.from(id).toString('base64'), 'row\n', 4)));
  const listed = await blocks.commitBlockList(['a', 'b'].map((id) => Buffer.from(id).toString('base64')));
  const again = await blocks.upload('other', 5);
  await container.getBlockBlobClient('copy.csv').beginCopyFromURL(blocks.url);
  await grid.delivered();
  const read = events.map(({ event }) => blobCreated.parse(event));
  expect(read.map(({ data }) => [data.api, data.eTag])).toEqual([
    ['PutBlob', single.etag],
    ['PutBlockList', listed.etag],
    ['PutBlob', again.etag],
    ['CopyBlob', expect.any(String)],
  ]);
  expect(read[0]?.data.url).toBe('https://devstoreaccount1.blob.core.windows.net/landing/a/one%20file.csv');
});

test('the app reads, copies and writes with its managed identity', async () => {
  const head = await store.head('landing', 'a/blocks.csv');
  expect(head).toMatchObject({ sizeBytes: 5, blobType: 'BlockBlob' });
  const source = { container: 'landing', path: 'a/blocks.csv', etag: head?.etag ?? '' };
  const target = { container: 'data-versions', path: 'd/a/blocks.csv' };
  expect(await store.copyIfAbsent({ ...source, etag: '0x0' }, target)).toBe('changed');
  expect(await store.copyIfAbsent({ ...source, path: 'nobody' }, target)).toBe('missing');
  expect(await store.copyIfAbsent(source, target)).toBe('copied');
  expect(await store.copyIfAbsent(source, target)).toBe('exists');
  expect(await store.read('landing', 'a/blocks.csv', { ifMatch: '0x0' })).toBe('changed');
  expect(await store.read('landing', 'nobody')).toBe('missing');
  expect(await store.putIfAbsent('whence-state', 'x.json', Buffer.from('{}'), 'application/json')).toBe('created');
  expect(await store.putIfAbsent('whence-state', 'x.json', Buffer.from('{1}'), 'application/json')).toBe('exists');
  expect((await store.list('landing', 'a/')).blobs.map((blob) => blob.path)).toEqual([
    'a/blocks.csv',
    'a/one file.csv',
  ]);
});

test('records keep their conditions', async () => {
  const records = createRecordStore({ connectionString: azuriteConnectionString({ table: azurite.tableUrl }) });
  const key = { partition: 'p', row: 'r1' };
  const first = await records.insert('things', key, { a: 'x'.repeat(100_000) });
  expect(first.outcome).toBe('inserted');
  expect((await records.insert('things', key, { a: 2 })).outcome).toBe('exists');
  const read = await records.get<{ a: string }>('things', key);
  expect(read?.value.a).toHaveLength(100_000);
  expect(await records.replace('things', key, { a: 3 }, read?.etag ?? '')).toMatchObject({ outcome: 'replaced' });
  expect(await records.replace('things', key, { a: 4 }, read?.etag ?? '')).toEqual({ outcome: 'conflict' });
  expect(
    await records.transact('things', 'p', [
      { kind: 'insert', row: 'r2', value: {} },
      { kind: 'insert', row: 'r1', value: {} },
    ]),
  ).toBe('conflict');
  expect(
    await records.transact('things', 'p', [
      { kind: 'insert', row: 'r2', value: {} },
      { kind: 'insert', row: 'r3', value: {} },
    ]),
  ).toBe('committed');
  const page = await records.query('things', 'p', { limit: 2 });
  expect(page.records.map((record) => record.row)).toEqual(['r1', 'r2']);
  expect(
    (await records.query('things', 'p', { limit: 2, after: page.next ?? '' })).records.map((record) => record.row),
  ).toEqual(['r3']);
  expect((await records.query('things', 'p', { from: 'r2', to: 'r3' })).records).toHaveLength(1);
  const last = await records.get('things', { partition: 'p', row: 'r3' });
  expect(await records.remove('things', { partition: 'p', row: 'r3' }, last?.etag ?? '')).toBe(true);
});
