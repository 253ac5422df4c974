import type { z } from 'zod';

import { canonicalJson } from '#shared/domain/canonical-json.ts';
import { sha256 } from '#shared/domain/digest.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import type { Dependencies } from './dependencies.ts';
import { readAll } from './read-all.ts';

interface Files extends Pick<Dependencies, 'state'> {
  readonly config: Pick<Dependencies['config'], 'WHENCE_STATE_CONTAINER'>;
}

/**
 * Stores JSON under a name made of its content; writing it again changes nothing.
 *
 * @param folder - first part of the path
 * @returns its path in the state container
 */
export async function writeStateFile(deps: Files, folder: string, value: unknown): Promise<string> {
  const text = canonicalJson(value);
  const path = `${folder}/${sha256(text)}.json`;
  await deps.state.putIfAbsent(deps.config.WHENCE_STATE_CONTAINER, path, Buffer.from(text), 'application/json');
  return path;
}

/** @returns what {@link writeStateFile} stored, parsed */
export async function readStateFile<Schema extends z.ZodType>(
  deps: Files,
  path: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const found = await findStateFile(deps, path, schema);
  if (found === undefined) throw new WhenceError('storage.unavailable', `The state file ${path} is missing.`);
  return found;
}

/** @returns JSON of the state container, parsed; undefined where there is none */
export async function findStateFile<Schema extends z.ZodType>(
  deps: Files,
  path: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const stream = await deps.state.read(deps.config.WHENCE_STATE_CONTAINER, path);
  return typeof stream === 'string' ? undefined : schema.parse(JSON.parse((await readAll(stream)).toString('utf8')));
}
