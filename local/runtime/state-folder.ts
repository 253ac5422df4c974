import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Only its owner may look into the state folder: it holds keys and tokens. */
const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;

/** Makes the state folder, or takes away what others may do with it. @returns its absolute path */
export function makeStateFolder(path: string): string {
  const folder = resolve(path);
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
  chmodSync(folder, OWNER_ONLY_FOLDER);
  return folder;
}

/** Writes a JSON file as a whole or not at all, readable by its owner only. */
export function writeStateFile(folder: string, name: string, value: unknown): void {
  const file = join(folder, name);
  writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: OWNER_ONLY_FILE });
  renameSync(`${file}.new`, file);
}

/** @returns what a JSON file holds, or undefined where there is none */
export function readStateFile(folder: string, name: string): unknown {
  const file = join(folder, name);
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} is damaged; remove it and try again.`, { cause: error });
  }
}
