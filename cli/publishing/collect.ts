import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { promisify } from 'node:util';

import type { PublishRequest } from '#shared/contracts/publishing.ts';
import { sha256 } from '#shared/domain/digest.ts';

import { CliError } from '../cli-error.ts';
import { readTracked } from './work-tree.ts';

const run = promisify(execFile);
/** Longest output of git that is read. */
const MAX_BUFFER = 200_000_000;
/** Characters in front of a path in `git status --porcelain`. */
const STATUS_CHARS = 3;

/** A pipeline folder, ready to publish. */
export interface CollectedFolder {
  /** Bytes by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly request: PublishRequest;
  /** Changes that the commit does not hold, by path in the repository. */
  readonly uncommitted: readonly string[];
}

/**
 * Collects what git has of a folder: its tracked files, the commit, and the trees that lead to it.
 *
 * @param folder - folder of a pipeline, in a git work tree
 * @throws {CliError} it is not in a repository with a commit
 */
export async function collectFolder(folder: string): Promise<CollectedFolder> {
  const absolute = resolve(folder);
  const root = (await gitText(absolute, 'rev-parse', '--show-toplevel')).trim();
  const inside = relative(root, absolute).split(sep).join('/');
  const head = (await gitText(absolute, 'rev-parse', 'HEAD')).trim();
  if (inside !== '') await requireCommitted(absolute, inside, root);
  const uncommitted = await uncommittedIn(absolute);
  const dirty = uncommitted.length > 0;
  const listed = await gitText(
    absolute,
    'ls-tree',
    '-r',
    '-z',
    '--full-tree',
    `HEAD${inside === '' ? '' : `:${inside}`}`,
  );
  const files = new Map<string, Uint8Array>();
  const entries: PublishRequest['files'] = [];
  for (const line of listed.split('\0').filter((one) => one !== '')) {
    const match = /^(\d{6}) blob ([0-9a-f]{40})\t(.+)$/s.exec(line);
    if (match === null)
      throw new CliError(
        `Git lists something that is no file: ${line}.`,
        'Submodules cannot be published; copy their files into the folder.',
      );
    const [, mode = '', id = '', path = ''] = match;
    if (mode !== '100644' && mode !== '100755')
      throw new CliError(`${path} is a symbolic link.`, 'Replace it by the file that it names.');
    const bytes = dirty ? await readTracked(absolute, path) : await gitBytes(absolute, 'cat-file', 'blob', id);
    files.set(path, bytes);
    entries.push({ path, mode, sha256: sha256(bytes) });
  }
  const remote = await remoteOf(absolute);
  return {
    files,
    request: {
      files: entries,
      commit: {
        id: head,
        object: (await gitBytes(absolute, 'cat-file', 'commit', head)).toString('base64'),
        trees: await treesTo(absolute, inside),
        folder: inside,
        dirty,
        ...(remote === undefined ? {} : { remote }),
      },
    },
    uncommitted,
  };
}

async function uncommittedIn(absolute: string): Promise<readonly string[]> {
  const status = await gitText(absolute, 'status', '--porcelain', '-z', '--no-renames', '--', '.');
  return status
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => entry.slice(STATUS_CHARS));
}

/** Says so where git has a commit, but nothing of the folder in it. */
async function requireCommitted(absolute: string, inside: string, root: string): Promise<void> {
  const there = await gitText(absolute, 'ls-tree', '-z', '--full-tree', 'HEAD', '--', inside);
  if (there !== '') return;
  const named = relative(process.cwd(), absolute) || '.';
  throw new CliError(
    `Nothing of ${inside} is committed in ${root}.`,
    `Run \`git add ${named} && git commit -m "…"\`: every model names the commit of its code.`,
  );
}

/** Raw trees from the root down to the parent of the folder. */
async function treesTo(cwd: string, inside: string): Promise<string[]> {
  const parts = inside === '' ? [] : inside.split('/');
  const trees: string[] = [];
  for (let depth = 0; depth < parts.length; depth += 1) {
    const path = parts.slice(0, depth).join('/');
    trees.push(
      (await gitBytes(cwd, 'cat-file', 'tree', path === '' ? 'HEAD^{tree}' : `HEAD:${path}`)).toString('base64'),
    );
  }
  return trees;
}

/** Address of the remote `origin`, without credentials. */
async function remoteOf(cwd: string): Promise<string | undefined> {
  try {
    const address = (await gitText(cwd, 'config', '--get', 'remote.origin.url')).trim();
    return address.replace(/^(https?:\/\/)[^@/]*@/, '$1');
  } catch {
    return undefined;
  }
}

async function gitText(cwd: string, ...args: readonly string[]): Promise<string> {
  return (await gitBytes(cwd, ...args)).toString('utf8');
}

async function gitBytes(cwd: string, ...args: readonly string[]): Promise<Buffer> {
  try {
    const { stdout } = await run('git', [...args], {
      cwd,
      encoding: 'buffer',
      maxBuffer: MAX_BUFFER,
      env: { ...process.env, LC_ALL: 'C' },
    });
    return stdout;
  } catch (error) {
    throw error instanceof Error ? gitError(error, cwd) : error;
  }
}

/** What the user can do about a git that failed. */
function gitError(error: Error & { readonly code?: unknown; readonly stderr?: unknown }, cwd: string): Error {
  // Node says the same of a program and of a folder that is not there.
  if (error.code === 'ENOENT')
    return existsSync(cwd)
      ? new CliError('git is not installed.', 'Install it: every model names the commit of its code.')
      : new CliError(`${cwd} is not there.`, 'Name the folder of a pipeline; `whence pipeline init NAME` makes one.');
  const said = String(error.stderr ?? '').trim();
  if (/not a git repository|unknown revision|ambiguous argument 'HEAD'|Not a valid object name HEAD/.test(said))
    return new CliError(
      `${cwd} is not in a git repository with a commit.`,
      'Run `git init`, `git add .` and `git commit` first: every model names the commit of its code.',
    );
  return said.startsWith('fatal: ')
    ? new CliError(`git has a problem with ${cwd}: ${said.slice('fatal: '.length)}`, 'Put that right, and try again.')
    : error;
}
