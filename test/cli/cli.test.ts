import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createProgram } from '#cli/program.ts';

import { whence } from './whence.ts';

// eslint-disable-next-line no-control-regex -- escape sequences are what must not be there
const COLOUR = /\u001b\[/;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whence-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('every command of the first release is there', () => {
  const commands = Object.fromEntries(
    createProgram().commands.map((noun) => [noun.name(), noun.commands.map((verb) => verb.name())]),
  );
  expect(commands).toMatchObject({
    local: ['up', 'demo', 'down'],
    pipeline: ['init', 'check', 'publish', 'list', 'show', 'pause', 'resume'],
    run: expect.arrayContaining(['start', 'list', 'show', 'watch', 'cancel']),
    data: ['land', 'windows', 'versions', 'rejected', 'admit'],
    endpoint: ['show', 'invoke'],
  });
});

test('every command teaches by example and takes --json', () => {
  for (const noun of createProgram().commands)
    for (const verb of noun.commands) {
      let help = '';
      verb.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
      expect(help, `${noun.name()} ${verb.name()}`).toContain('For example:\n  $ whence ');
      expect(help, `${noun.name()} ${verb.name()}`).toContain('--json');
      for (const argument of verb.registeredArguments)
        if (argument.name() !== 'folder') expect(help).toContain(argument.name());
    }
});

describe.concurrent('the exit code', () => {
  test.each([
    ['of help', ['--help'], 0],
    ['of an unknown command', ['pipelines'], 1],
    ['of an unknown flag', ['pipeline', 'list', '--colour'], 1],
    ['of a missing argument', ['run', 'start'], 1],
    ['where no Whence is', ['pipeline', 'list'], 1],
    ['of a folder that is not there', ['pipeline', 'check', '/nowhere'], 1],
  ] as const)('%s', async (_what, args, code) => {
    const said = await whence(args);
    expect(said.code, said.stderr).toBe(code);
    expect(said.stdout + said.stderr).not.toMatch(COLOUR);
    if (code !== 0) {
      expect(said.stdout).toBe('');
      expect(said.stderr).not.toMatch(/\n {4}at /);
    }
  });
});

describe('azure-ml render', () => {
  const job =
    '$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\ncommand: echo ${{inputs.x}}\n';

  test('prints the payload of every file, and with --json one object a line', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'whence-render-'));
    await writeFile(join(cwd, 'a.yml'), `${job}environment: azureml:e:1\ninputs: { x: 5.0 }\n`);
    await writeFile(join(cwd, 'b.yml'), `${job}environment: azureml:e:1\n`);

    const plain = await whence(['azure-ml', 'render', 'a.yml'], {}, cwd);
    const lines = await whence(['azure-ml', 'render', '--json', 'a.yml', 'b.yml'], {}, cwd);
    await rm(cwd, { recursive: true });

    const payload = { properties: { jobType: 'Command', inputs: { x: { value: '5.0' } } } };
    expect(JSON.parse(plain.stdout)).toMatchObject(payload);
    expect(plain.code).toBe(0);
    const [first, second] = lines.stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(first).toMatchObject(payload);
    expect(second).toMatchObject({ file: 'b.yml', problems: [{ code: 'unknown-binding', line: 2, column: 10 }] });
    expect(lines.code).toBe(1);
  });

  test('shows a mistake with its line, and refuses what lies outside of the root', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'whence-render-'));
    await mkdir(join(cwd, 'root'));
    await writeFile(join(cwd, 'root', 'b.yml'), `${job}environment: ../env.yml\n`);

    const inside = await whence(['azure-ml', 'render', '--root', 'root', 'root/b.yml'], {}, cwd);
    const outside = await whence(['azure-ml', 'render', '--root', 'root', '/etc/hostname'], {}, cwd);
    await rm(cwd, { recursive: true });

    expect(inside).toMatchObject({ code: 1, stdout: '' });
    expect(inside.stderr).toContain('b.yml:3:14 leaves-folder environment');
    expect(inside.stderr).toContain('3 │ environment: ../env.yml');
    expect(outside).toMatchObject({ code: 1, stderr: expect.stringContaining('outside the root') });
  });

  test('shows what a stage lets through, with every rule that changed or refused something', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'whence-render-'));
    await mkdir(join(cwd, 'stages'));
    await writeFile(join(cwd, 'stages', 'prod.json'), JSON.stringify({ compute: { cpu: 'cpu-prod' } }));
    await writeFile(join(cwd, 'stages', 'bad.json'), JSON.stringify({ computes: {} }));
    await writeFile(join(cwd, 'a.yml'), `${job}environment: azureml:e:1\ncompute: azureml:cpu\ninputs: { x: 1 }\n`);
    await writeFile(join(cwd, 'b.yml'), `${job}environment: azureml:e:1\ninputs: { x: { path: 'https://a/b' } }\n`);

    const overridden = await whence(['azure-ml', 'render', '--stage', 'prod', 'a.yml'], {}, cwd);
    const refused = await whence(['azure-ml', 'render', '--stage', 'prod', 'b.yml'], {}, cwd);
    const bad = await whence(['azure-ml', 'render', '--stage', 'bad', 'a.yml'], {}, cwd);
    const none = await whence(['azure-ml', 'render', '--stage', 'dev', 'a.yml'], {}, cwd);
    await rm(cwd, { recursive: true });

    expect(JSON.parse(overridden.stdout)).toMatchObject({ properties: { computeId: 'cpu-prod' } });
    expect(overridden.stderr).toContain('[compute] "cpu" → "cpu-prod"');
    expect(overridden.code).toBe(0);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('[foreign-data]') });
    expect(bad).toMatchObject({ code: 1, stderr: expect.stringContaining('computes') });
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('stages/dev.json') });
  });
});

test('a misspelt command is told, with the nearest one', async () => {
  const { stderr } = await whence(['pipelin', 'list']);
  expect(stderr).toContain('Did you mean pipeline?');
});

test('where no Whence is, the error says what to do, also to a program', async () => {
  const { stderr } = await whence(['run', 'list']);
  expect(stderr).toContain('There is no Whence to talk to.');
  expect(stderr).toContain('`whence local up`');
  const json = await whence(['run', 'list', '--json']);
  expect(JSON.parse(json.stderr)).toMatchObject({ error: { message: 'There is no Whence to talk to.', exitCode: 1 } });
});

describe('pipeline', () => {
  test('init makes a folder that check accepts, called as it is called', async () => {
    const target = join(folder, 'My Model');
    const made = await whence(['pipeline', 'init', target, '--json']);
    expect(JSON.parse(made.stdout)).toEqual({ folder: target, pipeline: 'my-model' });
    const checked = await whence(['pipeline', 'check', target, '--json']);
    expect([checked.code, JSON.parse(checked.stdout)]).toEqual([0, { pipeline: 'my-model', problems: [] }]);
    const again = await whence(['pipeline', 'init', target]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('is there already')]);
    expect((await whence(['pipeline', 'init', join(folder, '9lives')])).code).toBe(1);
  });

  test('check shows every mistake with its place, its line and how to fix it', async () => {
    const target = join(folder, 'mistaken');
    await whence(['pipeline', 'init', target]);
    const file = join(target, 'pipeline.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('settle: 5s', 'settle: soon').replace('train: ', 'trane: '));
    const said = await whence(['pipeline', 'check', target]);
    expect(said.code).toBe(1);
    const lines = text.split('\n');
    const settle = lines.findIndex((line) => line.includes('settle')) + 1;
    const train = lines.findIndex((line) => line.startsWith('train:')) + 1;
    expect(said.stdout).toMatch(new RegExp(`pipeline\\.yaml:${settle}:\\d+`));
    expect(said.stdout).toContain(`pipeline.yaml:${train}:1`);
    expect(said.stdout).toContain(`${train} │ trane: ./train.job.yml`);
    expect(said.stdout).toMatch(/expected .*\nfix {6}/);
    const json = await whence(['pipeline', 'check', target, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      problems: expect.arrayContaining([
        expect.objectContaining({ file: 'pipeline.yaml', line: train, column: 1, fix: expect.any(String) }),
      ]),
    });
  });

  test('publish outside of a repository, and of a folder with mistakes, says what to do', async () => {
    const target = join(folder, 'unpublished');
    await whence(['pipeline', 'init', target]);
    const environment = { WHENCE_URL: 'http://127.0.0.1:9', WHENCE_TOKEN: 'x' };
    const outside = await whence(['pipeline', 'publish', target], environment);
    expect([outside.code, outside.stderr]).toEqual([1, expect.stringMatching(/git/i)]);
    await writeFile(join(target, 'pipeline.yaml'), 'name: x\n');
    execFileSync('git', ['init', '--quiet'], { cwd: target });
    execFileSync('git', ['add', '.'], { cwd: target });
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '-qm', 'x'], { cwd: target });
    const mistaken = await whence(['pipeline', 'publish', target], environment);
    expect([mistaken.code, mistaken.stderr]).toEqual([1, expect.stringContaining('whence pipeline check')]);
  });
});

describe.concurrent('what the API says', () => {
  let server: Server;
  let environment: Record<string, string>;
  const seen: string[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      const status = Number(/limit=(\d+)/.exec(request.url ?? '')?.[1]);
      const name = /\/pipelines\/p(\d+)\//.exec(request.url ?? '')?.[1];
      const code = name === undefined ? status : Number(name);
      if (code >= 400) {
        response.writeHead(code, { 'content-type': 'application/problem+json' });
        const problem = { type: 'x', title: 't', status: code, detail: `It said ${code}.`, instance: '/', details: {} };
        response.end(JSON.stringify({ ...problem, code: 'http.not-found', remedy: 'Do this.' }));
        return;
      }
      if (request.url?.startsWith('/api/v1/pipelines') === true)
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ items: [] }));
      else response.end('<html>not an API</html>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    environment = {
      WHENCE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      WHENCE_TOKEN: 'shown-token',
    };
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('is printed as one JSON document and nothing else', async () => {
    const { code, stdout, stderr } = await whence(['pipeline', 'list', '--json'], environment);
    expect([code, JSON.parse(stdout), stderr]).toEqual([0, { items: [] }, '']);
    expect(seen).toContainEqual(expect.stringMatching(/^GET \/api\/v1\/pipelines.* Bearer shown-token$/));
  });

  test.each([
    [401, 1],
    [403, 1],
    [404, 1],
    [500, 2],
    [503, 2],
  ])('%i ends with exit code %i, what was said and what to do', async (status, exitCode) => {
    const said = await whence(['pipeline', 'pause', `p${status}`], environment);
    expect(said.code).toBe(exitCode);
    expect(said.stderr).toContain(`It said ${status}.`);
    expect(said.stderr).toContain('Do this. (http.not-found)');
    expect(said.stderr).not.toContain('shown-token');
  });

  test('that is no answer of the API is told as such', async () => {
    const said = await whence(['run', 'list'], environment);
    expect([said.code, said.stderr]).toEqual([expect.any(Number), expect.stringMatching(/whence: /)]);
    expect(said.code).not.toBe(0);
  });
});
