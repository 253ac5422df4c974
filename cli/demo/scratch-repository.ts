import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A git repository of the demo's own, so that publishing starts from a real commit. */
export interface ScratchRepository {
  /** The pipeline's folder in it. */
  readonly folder: string;
  /** Changes the train job's `features` and commits. @returns the commit */
  useFeatures(features: 'full' | 'leaner'): Promise<string>;
}

/**
 * @param root - an empty folder for the repository
 * @param pipeline - the pipeline folder to copy
 */
export async function makeScratchRepository(root: string, pipeline: string): Promise<ScratchRepository> {
  const folder = join(root, 'birdstrikes');
  await mkdir(root, { recursive: true });
  await cp(pipeline, folder, { recursive: true });
  await git(root, 'init', '--quiet', '--initial-branch=main');
  await commit(root, 'A model of bird strikes');
  return {
    folder,
    async useFeatures(features) {
      const file = join(folder, 'train.job.yml');
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace(/^( *features: )\S+/m, `$1${features}`));
      return commit(
        root,
        features === 'leaner' ? 'Leave out what is known only after an inspection' : 'Use all features again',
      );
    },
  };
}

async function commit(root: string, message: string): Promise<string> {
  await git(root, 'add', '--all');
  await git(root, 'commit', '--quiet', '--message', message);
  return (await git(root, 'rev-parse', 'HEAD')).trim();
}

/** Runs git with an identity of its own, whatever the machine's configuration says. */
async function git(root: string, ...args: readonly string[]): Promise<string> {
  const identity = {
    GIT_AUTHOR_NAME: 'Demo',
    GIT_AUTHOR_EMAIL: 'demo@example.org',
    GIT_COMMITTER_NAME: 'Demo',
    GIT_COMMITTER_EMAIL: 'demo@example.org',
  };
  const { stdout } = await run('git', [...args], {
    cwd: root,
    env: { ...process.env, ...identity, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  });
  return stdout;
}
