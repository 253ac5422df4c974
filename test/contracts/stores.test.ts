/** The record store and the blob store: the fakes, and the adapters with the real SDKs over Azurite. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BlobServiceClient } from '@azure/storage-blob';

import { azuriteConnectionString, startAzurite } from '#local/azurite/azurite.ts';
import { laptopCertificate } from '#local/certificates/certificate.ts';
import { createBlobStore } from '#shared/adapters/storage/azure-blob-store.ts';
import { createRecordStore } from '#shared/adapters/storage/table-record-store.ts';
import { systemClock } from '#shared/ports/clock.ts';
import { MemoryBlobStore } from '#test/support/memory-blob-store.ts';
import { MemoryRecordStore } from '#test/support/memory-record-store.ts';
import { startMemoryAzurite } from '#test/support/memory-azurite.ts';

import { blobStoreSuite } from './blob-store.suite.ts';
import { recordStoreSuite } from './record-store.suite.ts';

recordStoreSuite('in memory', async () => ({ store: new MemoryRecordStore(), [Symbol.asyncDispose]: async () => {} }));

recordStoreSuite('Azure tables over Azurite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'whence-tables-'));
  const certificate = await laptopCertificate(folder);
  const azurite = await startAzurite({ folder, certificate });
  return {
    store: createRecordStore({ connectionString: azuriteConnectionString({ table: azurite.tableUrl }) }),
    async [Symbol.asyncDispose]() {
      await azurite.stop();
      await rm(folder, { recursive: true });
    },
  };
});

blobStoreSuite('in memory', async () => {
  const store = new MemoryBlobStore(systemClock);
  return {
    store,
    overwrite: async (container, path, text) => void store.put(container, path, Buffer.from(text)),
    [Symbol.asyncDispose]: async () => {},
  };
});

blobStoreSuite('Azure blobs over Azurite', async () => {
  const azurite = await startMemoryAzurite();
  const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
  return {
    store: createBlobStore({ connectionString: azurite.connectionString }),
    overwrite: async (container, path, text) =>
      void (await service.getContainerClient(container).getBlockBlobClient(path).uploadData(Buffer.from(text))),
    [Symbol.asyncDispose]: () => azurite[Symbol.asyncDispose](),
  };
});
