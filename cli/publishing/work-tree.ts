import { lstat, readFile, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';

import { CliError } from '../cli-error.ts';

/**
 * Reads a file that git has, as it is in the work tree. Links are not followed: git has none there, and one could lead to
 * anything that the user may read.
 *
 * @param folder - absolute path of the folder that is published
 * @param path - of the file in it, `/` between folders
 * @throws {CliError} it is not there, is no file, or a link is on the way
 */
export async function readTracked(folder: string, path: string): Promise<Buffer> {
  const file = join(folder, path);
  if (isOutside(relative(folder, file)))
    throw new CliError(
      `${path} leaves the folder that is published.`,
      'No git makes such a tree: do not trust the repository.',
    );
  const stats = await lstat(file).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) return;
    throw cause;
  });
  if (stats === undefined) throw new CliError(`${path} is in the commit, and not here.`, 'Commit that, or restore it.');
  if (stats.isSymbolicLink())
    throw new CliError(
      `${path} is a symbolic link here, and a file in the commit.`,
      'Replace it by the file that it names.',
    );
  if (!stats.isFile())
    throw new CliError(`${path} is no file here, and one in the commit.`, 'Commit that, or restore it.');
  const real = await realpath(file);
  if (folded(real) !== folded(join(await realpath(folder), path)))
    throw new CliError(
      `${path} lies behind a symbolic link here, and is a file in the commit.`,
      'Replace the link by the folder that it names.',
    );
  return readFile(real);
}

function isOutside(path: string): boolean {
  return path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);
}

/** A path as a file system may spell it that minds neither case nor how accents are written. */
function folded(path: string): string {
  return path.normalize().toLowerCase();
}
