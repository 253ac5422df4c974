import { dataInspection, type DataInspection } from '#shared/contracts/data-inspection.ts';
import type { RunScope } from '#shared/contracts/records/run.ts';
import { sha256 } from '#shared/domain/digest.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { readPipelineVersion } from '../../pipelines/pipeline-store.ts';
import { readContract } from '../../pipelines/read-contract.ts';
import { findStateFile } from '../../state-files.ts';

/** Where the inspection of a run's data by its contract is stored. @param contract - bytes of the contract */
export function inspectionReference(
  run: Pick<RunScope, 'manifestDigest' | 'manifestNumber'>,
  contract: Uint8Array,
): string {
  return `inspections/${run.manifestDigest}/${sha256(contract)}-${run.manifestNumber}.json`;
}

/** @returns a stored inspection, or undefined */
export function readInspection(
  deps: Pick<ActivityDependencies, 'state' | 'config'>,
  reference: string,
): Promise<DataInspection | undefined> {
  return findStateFile(deps, reference, dataInspection);
}

/** @returns what was found in the data of a run; undefined if it never came to that */
export async function inspectionOf(deps: ActivityDependencies, run: RunScope): Promise<DataInspection | undefined> {
  const version = await readPipelineVersion(deps, run.pipeline, run.pipelineVersion);
  const { bytes } = await readContract(deps, version);
  return readInspection(deps, inspectionReference(run, bytes));
}
