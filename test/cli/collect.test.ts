/** What is published of a work tree that has changes: the user's files of that folder, and nothing that a link leads to. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { CliError } from '#cli/cli-error.ts';
import { collectFolder } from '#cli/publishing/collect.ts';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'whence-collect-'));
  folder = join(root, 'repository', 'pipeline');
  await mkdir(join(folder, 'src'), { recursive: true });
  await writeFile(join(folder, 'pipeline.yaml'), 'name: a\n');
  await writeFile(join(folder, 'src', 'train.py'), 'print(1)\n');
  await writeFile(join(root, 'secret'), 'TOP SECRET');
  await mkdir(join(root, 'secrets'));
  await writeFile(join(root, 'secrets', 'train.py'), 'TOP SECRET');
  git('init', '--quiet');
  commit();
});
afterEach(() => rm(root, { recursive: true }));

function git(...args: readonly string[]): string {
  return execFileSync('git', [...args], { cwd: folder, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] }).trim();
}

function commit(): void {
  git('add', '.');
  git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '-qm', 'x');
}

async function refusal(): Promise<string> {
  const refused = await collectFolder(folder).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(CliError);
  return (refused as CliError).message;
}

test('changes that are not committed are published as they are, and marked', async () => {
  await writeFile(join(folder, 'pipeline.yaml'), 'name: b\n');
  const { files, request } = await collectFolder(folder);
  expect(request.commit.dirty).toBe(true);
  expect([...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString()])).toEqual([
    ['pipeline.yaml', 'name: b\n'],
    ['src/train.py', 'print(1)\n'],
  ]);
});

test('a file that became a link is not followed', async () => {
  await rm(join(folder, 'pipeline.yaml'));
  await symlink(join(root, 'secret'), join(folder, 'pipeline.yaml'));
  expect(await refusal()).toBe('pipeline.yaml is a symbolic link here, and a file in the commit.');
});

test('neither is a folder that became one', async () => {
  await rename(join(folder, 'src'), join(root, 'before'));
  await symlink(join(root, 'secrets'), join(folder, 'src'));
  expect(await refusal()).toBe('src/train.py lies behind a symbolic link here, and is a file in the commit.');
});

test('a link within the folder is refused too: git has it as a file', async () => {
  await rm(join(folder, 'pipeline.yaml'));
  await symlink(join('src', 'train.py'), join(folder, 'pipeline.yaml'));
  expect(await refusal()).toBe('pipeline.yaml is a symbolic link here, and a file in the commit.');
});

test('a link that is committed is refused, clean or not', async () => {
  await symlink(join(root, 'secret'), join(folder, 'link'));
  commit();
  expect(await refusal()).toBe('link is a symbolic link.');
  await writeFile(join(folder, 'pipeline.yaml'), 'name: b\n');
  expect(await refusal()).toBe('link is a symbolic link.');
});

test('a tree that names a file above the folder is refused: git itself would never write one', async () => {
  const blob = git('rev-parse', 'HEAD:pipeline.yaml');
  // A tree with an entry "..", as only a forged repository has it.
  const entry = (mode: string, name: string, id: string): Buffer =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]);
  const tree = (...entries: readonly Buffer[]): string =>
    execFileSync('git', ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], {
      cwd: folder,
      input: Buffer.concat(entries),
      encoding: 'utf8',
    }).trim();
  const top = tree(entry('40000', '..', tree(entry('40000', '..', tree(entry('100644', 'secret', blob))))));
  const id = git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit-tree', top, '-m', 'x');
  git('update-ref', 'HEAD', id);
  expect(await refusal()).toMatch(/^\.\.\/\.\.\/secret leaves the folder/);
});

test('a file that is gone is told as such', async () => {
  await rm(join(folder, 'src', 'train.py'));
  expect(await refusal()).toBe('src/train.py is in the commit, and not here.');
});

test('what is no file any more is not read', async () => {
  await rm(join(folder, 'pipeline.yaml'));
  await mkdir(join(folder, 'pipeline.yaml'));
  expect(await refusal()).toBe('pipeline.yaml is no file here, and one in the commit.');
});
