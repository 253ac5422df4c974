import { randomUUID } from 'node:crypto';

import { ok, type Answer } from './call.ts';
import type { WorkspaceContext } from './context.ts';

/** Container of what clients upload. */
const CONTAINER = 'uploads';

/**
 * Answers `POST …/startPendingUpload`: where a client may put the files of a version, with a signature that is good for
 * that.
 *
 * @source ARM type PendingUploadResponseDto of 2023-04-01
 */
export async function answerPendingUpload(
  { storage, workspaceId }: WorkspaceContext,
  { kind, name, version }: { readonly kind: string; readonly name: string; readonly version: string },
  body: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const container = `${CONTAINER}-${kind}-${randomUUID()}`.slice(0, 63);
  await storage.makeContainer(container);
  const { blobUri, sasUri } = storage.uploadPlace(container);
  return ok({
    pendingUploadId: typeof body['pendingUploadId'] === 'string' ? body['pendingUploadId'] : `${name}:${version}`,
    pendingUploadType: 'TemporaryBlobReference',
    blobReferenceForConsumption: {
      blobUri,
      storageAccountArmId: `${workspaceId}/storage`,
      credential: { credentialType: 'SAS', sasUri },
    },
  });
}
