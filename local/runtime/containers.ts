import { BlobServiceClient } from '@azure/storage-blob';

/** Makes the containers that are not there yet. */
export async function makeContainers(connectionString: string, names: readonly string[]): Promise<void> {
  const account = BlobServiceClient.fromConnectionString(connectionString);
  await Promise.all(names.map((name) => account.getContainerClient(name).createIfNotExists()));
}
