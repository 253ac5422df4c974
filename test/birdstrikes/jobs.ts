/** Runs the demo's job scripts as Azure ML would: a process each, folders in and folders out. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import type { DemoFile } from '#local/demo/batches.ts';

const run = promisify(execFile);

/** Folder of the jobs' code. */
export const CODE = join(import.meta.dirname, '../../pipelines/birdstrikes/src');

/** Root of the repository. */
export const ROOT = join(import.meta.dirname, '../..');

/** A scratch folder that goes with its owner. */
export class Scratch implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Scratch> {
    return new Scratch(await mkdtemp(join(tmpdir(), 'whence-birdstrikes-')));
  }

  /** @returns the folder of a data version with these files */
  async data(name: string, files: readonly DemoFile[]): Promise<string> {
    const folder = join(this.folder, name);
    for (const { path, text } of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** @returns the model's folder */
export async function train(scratch: Scratch, name: string, data: string, features = 'full'): Promise<string> {
  const model = join(scratch.folder, name);
  await run(
    process.execPath,
    ['train.mjs', '--data', data, '--features', features, '--penalty', '10', '--model', model],
    {
      cwd: CODE,
    },
  );
  return model;
}

/** @returns the contents of what the evaluate job wrote */
export async function evaluate(
  scratch: Scratch,
  data: string,
  candidate: string,
  champion: string,
): Promise<{ readonly metrics: string; readonly predictions: string }> {
  const metrics = await mkdtemp(join(scratch.folder, 'metrics-'));
  await run(
    process.execPath,
    ['evaluate.mjs', '--data', data, '--candidate', candidate, '--champion', champion, '--metrics', metrics],
    { cwd: CODE },
  );
  return {
    metrics: await readFile(join(metrics, 'metrics.json'), 'utf8'),
    predictions: await readFile(join(metrics, 'predictions.csv'), 'utf8'),
  };
}
