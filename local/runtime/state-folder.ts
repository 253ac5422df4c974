import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

/** Only its owner may look into the state folder: it holds keys and tokens. */
const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;

/** What others may do with a folder. */
const OTHERS = 0o077;

/**
 * Makes the state folder. One that is there is used only if nobody else can have put something into it: a cloned
 * repository can hold one too, with keys that others know.
 *
 * @returns its absolute path
 * @throws {Error} it is there, and not to be trusted
 */
export function makeStateFolder(path: string): string {
  const folder = resolve(path);
  if (existsSync(folder)) requireOwn(folder);
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
  chmodSync(folder, OWNER_ONLY_FOLDER);
  return folder;
}

/** Where there are users, the folder is this one's, and what is in it was written by nobody else. */
function requireOwn(folder: string): void {
  const user = process.getuid?.();
  if (user === undefined) return;
  const { uid, mode } = statSync(folder);
  if (uid !== user) throw notTrusted(folder, 'it belongs to another user');
  if ((mode & OTHERS) !== 0 && readdirSync(folder).length > 0)
    throw notTrusted(folder, 'it is not empty, and others than its owner may use it, which the runtime forbids');
}

function notTrusted(folder: string, why: string): Error {
  return new Error(
    `${folder} is not trusted as a state folder: ${why}. Remove it if it came with something that you fetched, or name another one with --state.`,
  );
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
