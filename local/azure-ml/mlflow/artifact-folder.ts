/** Artifacts of runs in a folder: below it each run has its own. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';

import { invalidValue, MlflowError } from './mlflow-error.ts';

/** Files of the artifact store. */
export class ArtifactFolder {
  readonly #root: string;

  constructor(root: string) {
    this.#root = resolve(root);
  }

  /** What is directly below a path of the store. @returns paths as MLflow lists them, from `from` */
  async list(path: string, from = path): Promise<readonly object[]> {
    const folder = this.#inside(path);
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
      throw error;
    });
    return Promise.all(
      entries.map(async (entry) => {
        const file = join(folder, entry.name);
        const name = relative(this.#inside(from), file).split(sep).join('/');
        return entry.isDirectory()
          ? { path: name, is_dir: true }
          : { path: name, is_dir: false, file_size: (await stat(file)).size };
      }),
    );
  }

  /** @throws {MlflowError} there is no such file */
  async read(path: string): Promise<Readable> {
    const file = this.#inside(path);
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile() !== true) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `No such artifact: '${path}'`);
    return createReadStream(file);
  }

  async write(path: string, bytes: Readable): Promise<void> {
    const file = this.#inside(path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await pipeline(bytes, createWriteStream(file, { mode: 0o600 }));
  }

  async remove(path: string): Promise<void> {
    await rm(this.#inside(path), { recursive: true, force: true });
  }

  /** @throws {MlflowError} the path leaves the folder */
  #inside(path: string): string {
    const file = resolve(this.#root, path);
    if (path.includes('\0') || (file !== this.#root && !file.startsWith(this.#root + sep)))
      throw invalidValue(`Invalid path: ${path}`);
    return file;
  }
}
