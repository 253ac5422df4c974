import type { PipelineVersion } from '#shared/contracts/records/pipeline-version.ts';
import { checkDataContract } from '#shared/domain/data-contract/check-data-contract.ts';
import type { DataContract } from '#shared/domain/data-contract/data-contract.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import type { Dependencies } from '../dependencies.ts';
import { readPipelineFile } from './pipeline-store.ts';

/**
 * @returns the data contract of a pipeline version, with the bytes that it was written in
 * @throws {WhenceError} `data-contract.invalid`: it was published by a release that took it
 */
export async function readContract(
  deps: Pick<Dependencies, 'state' | 'config'>,
  version: PipelineVersion,
): Promise<{ readonly contract: DataContract; readonly bytes: Uint8Array }> {
  const { contract: path } = version.definition.data;
  const bytes = await readPipelineFile(deps, version, path);
  const checked = checkDataContract(path, bytes);
  if (checked.problems !== undefined)
    throw new WhenceError('data-contract.invalid', `The published contract ${path} is not valid.`, {
      details: { problems: checked.problems },
    });
  return { contract: checked.contract, bytes };
}
