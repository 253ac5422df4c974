/** Ordinary mistakes are told as such: what is wrong and what to do, never a stack, and to a program as JSON with a code. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { collectFolder } from '#cli/publishing/collect.ts';

import { whence } from './whence.ts';

const root = join(import.meta.dirname, '..', '..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whence-mistakes-'));
});
afterAll(() => rm(folder, { recursive: true }));

const remote = { WHENCE_URL: 'http://127.0.0.1:9', WHENCE_TOKEN: 'x' };

describe.concurrent('a mistake', () => {
  test.each([
    [
      'no Azure CLI',
      ['run', 'list'],
      { WHENCE_URL: remote.WHENCE_URL, PATH: '/nowhere' },
      'No token for WHENCE_URL',
      'az login',
    ],
    [
      'an empty token',
      ['run', 'list'],
      { ...remote, WHENCE_TOKEN: '', PATH: '/nowhere' },
      'No token for WHENCE_URL',
      'az login',
    ],
    ['no address', ['run', 'list'], { WHENCE_URL: 'nope' }, 'WHENCE_URL is nope, which is no address.', 'https://HOST'],
    ['no git', ['pipeline', 'publish', '/tmp'], { ...remote, PATH: '/nowhere' }, 'git is not installed.', 'Install it'],
    ['no folder', ['pipeline', 'publish', '/nowhere'], remote, '/nowhere is not there.', 'pipeline init'],
    ['no file', ['endpoint', 'invoke', 'x', 'nope.json'], remote, 'nope.json is not there.', 'spelt'],
    ['a folder as a file', ['endpoint', 'invoke', 'x', '/tmp'], remote, 'is a folder.', 'Name a file.'],
  ] as const)('%s', async (_what, args, environment, message, fix) => {
    const said = await whence(args, environment);
    expect(said).toMatchObject({ code: 1, stdout: '' });
    expect(said.stderr).toContain(message);
    expect(said.stderr).toContain(fix);
    expect(said.stderr).not.toMatch(/defect of Whence|\n {4}at /);
  });

  test.each([
    ['an unknown command', ['pipelin'], "unknown command 'pipelin'\n(Did you mean pipeline?)"],
    ['an unknown command of a noun', ['run', 'wat'], "unknown command 'wat'\n(Did you mean watch?)"],
    ['an unknown flag', ['run', 'list', '--colour'], "unknown option '--colour'"],
    ['a missing argument', ['run', 'start'], "missing required argument 'pipeline'"],
    ['a missing command', ['run'], 'A command is missing.'],
    ['a file that is not there', ['endpoint', 'invoke', 'x', 'nope.json'], 'nope.json is not there.'],
    ['no Whence', ['run', 'list'], 'There is no Whence to talk to.'],
  ] as const)('is JSON with a code: %s', async (_what, args, message) => {
    const { code, stdout, stderr } = await whence([...args, '--json']);
    expect([code, stdout]).toEqual([1, '']);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'cli.usage', message, fix: expect.stringMatching(/./), exitCode: 1 },
    });
  });
});

test('what answers, but not as the API does, is no defect of Whence', async () => {
  const server = createServer((_request, response) => void response.end('<html>a page</html>'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const said = await whence(['run', 'list', '--json'], { ...remote, WHENCE_URL: url });
  server.close();
  expect(JSON.parse(said.stderr)).toMatchObject({ error: { code: 'cli.unreachable', exitCode: 1 } });
});

test('a folder of a repository that was never committed is told apart from no repository', async () => {
  const repository = join(folder, 'repository');
  await mkdir(join(repository, 'my-model'), { recursive: true });
  await writeFile(join(repository, 'README.md'), 'x\n');
  const git = (...args: readonly string[]): void => {
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: repository });
  };
  git('init', '--quiet');
  git('add', '.');
  await writeFile(join(repository, 'my-model', 'pipeline.yaml'), 'name: my-model\n');
  await expect(collectFolder(join(repository, 'my-model'))).rejects.toThrow('not in a git repository with a commit');
  git('commit', '-qm', 'x');
  const said = await whence(['pipeline', 'publish', 'my-model'], remote, repository);
  expect(said).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/Nothing of my-model is committed in .*repository\./),
  });
  expect(said.stderr).toContain('`git add my-model && git commit -m "…"`');
});

test('the version is that of the package, and the help names the environment', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(await whence(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  const { stdout } = await whence(['--help']);
  for (const name of ['WHENCE_URL', 'WHENCE_TOKEN', 'WHENCE_AUDIENCE', 'WHENCE_STATE']) expect(stdout).toContain(name);
});

test('a clone without packages says what to run', async () => {
  const clone = join(folder, 'clone');
  for (const part of ['cli', 'shared', 'local', 'package.json'])
    await cp(join(root, part), join(clone, part), { recursive: true });
  const child = spawn(process.execPath, [join(clone, 'cli', 'whence.mjs'), 'run', 'list'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number]>]);
  expect([code, said]).toEqual([1, expect.stringContaining(`Run \`npm run build\` in ${clone}`)]);
});

test('a reader that goes away ends the command quietly', async () => {
  const module = JSON.stringify(join(root, 'cli', 'output', 'end-with-reader.ts'));
  const endless = `const { endWithReader } = await import(${module}); endWithReader(process.stdout); setInterval(() => process.stdout.write('x'.repeat(100_000)), 1);`;
  const ask = async (script: string): Promise<unknown> => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.once('data', () => child.stdout.destroy());
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number]>]);
    return [code, said];
  };
  expect(await ask(endless)).toEqual([0, '']);
  expect(await ask(`process.on('SIGTERM', () => process.exit(7)); ${endless}`)).toEqual([7, '']);
});
