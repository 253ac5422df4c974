import { filePath, versionPath } from '#functions/pipelines/pipeline-store.ts';
import { checkPipelineFolder } from '#shared/contracts/pipeline-definition.ts';
import type { PipelineVersion } from '#shared/contracts/records/pipeline-version.ts';
import { sha256 } from '#shared/domain/digest.ts';
import type { ApiLab } from '#test/api/lab.ts';

/**
 * Stores a pipeline folder under a version of one's choice, as publishing would under its digest.
 *
 * @param version - SHA-256, hexadecimal
 * @param folder - bytes by path
 * @throws {Error} the folder has mistakes
 */
export async function storeVersion(
  { deps: { state, config } }: ApiLab,
  version: string,
  folder: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const checked = checkPipelineFolder(folder);
  if (checked.problems !== undefined) throw new Error(JSON.stringify(checked.problems));
  const { definition } = checked;
  const put = (path: string, bytes: Uint8Array, type: string) =>
    state.putIfAbsent(config.WHENCE_STATE_CONTAINER, path, bytes, type);
  for (const bytes of folder.values()) await put(filePath(sha256(bytes)), bytes, 'application/octet-stream');
  const stored: PipelineVersion = {
    schemaVersion: 1,
    name: definition.name,
    version,
    definition,
    files: [...folder].map(([path, bytes]) => ({
      path,
      mode: '100644',
      sha256: sha256(bytes),
      sizeBytes: bytes.length,
    })),
  };
  await put(versionPath(definition.name, version), Buffer.from(JSON.stringify(stored)), 'application/json');
}
