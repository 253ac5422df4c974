import { z } from 'zod';

import { modelDescription, type ModelDescription } from '#shared/contracts/records/model-description.ts';

import type { Dependencies } from '../dependencies.ts';
import { readStateFile, writeStateFile } from '../state-files.ts';

type Store = Pick<Dependencies, 'state' | 'config'>;

/** Folder of the descriptions in the state container; each is named by the digest of its canonical JSON. */
const FOLDER = 'model-descriptions';

/** Stores what an MLflow model says of itself. @returns the digest by which it is read again */
export async function writeDescription(deps: Store, description: ModelDescription): Promise<string> {
  const path = await writeStateFile(deps, FOLDER, description);
  return path.slice(FOLDER.length + 1, -'.json'.length);
}

/** @returns a stored description, or undefined where the digest is none */
export async function readDescription(deps: Store, digest: string): Promise<ModelDescription | undefined> {
  if (!z.hash('sha256').safeParse(digest).success) return undefined;
  return readStateFile(deps, `${FOLDER}/${digest}.json`, modelDescription);
}
