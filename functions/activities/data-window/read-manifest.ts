import {
  manifest,
  manifestRecord,
  manifestRow,
  manifestTable,
  type Manifest,
} from '#shared/contracts/records/manifest.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import type { ProtocolDependencies } from './protocol-dependencies.ts';
import { readStateFile } from '../../state-files.ts';

/** @returns a manifest by its number */
export async function readManifest(
  deps: Pick<ProtocolDependencies, 'records' | 'state' | 'config'>,
  pipeline: string,
  number: number,
): Promise<Manifest> {
  const stored = await deps.records.get(manifestTable, { partition: pipeline, row: manifestRow(number) });
  if (stored === undefined) throw new WhenceError('core.internal', `Pipeline ${pipeline} has no manifest ${number}.`);
  return readStateFile(deps, manifestRecord.parse(stored.value).reference, manifest);
}
