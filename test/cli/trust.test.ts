/** Whom the CLI trusts: a state folder only where it is the user's own, and no address that could read a token. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { isBlobStorageOnLoopback, isLoopback } from '#cli/loopback.ts';

import { whence, type Said } from './whence.ts';

/** An address of nobody. @source RFC 5737, TEST-NET-1 */
const ELSEWHERE = 'http://192.0.2.1:9';
const hasUids = process.getuid !== undefined;

/** A server that may be anybody's: what it was sent, and how it answers a path. */
class Anybody {
  readonly seen: string[] = [];
  readonly #server: Server;

  private constructor(redirects: Readonly<Record<string, string>>) {
    this.#server = createServer((request, response) => {
      this.seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      const target = redirects[request.url ?? ''];
      if (target !== undefined) return void response.writeHead(307, { location: target }).end();
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify(request.method === 'POST' ? { access_token: 'given' } : { items: [] }));
    });
  }

  static async start(redirects: Readonly<Record<string, string>> = {}): Promise<Anybody> {
    const one = new Anybody(redirects);
    await once(one.#server.listen(0, '127.0.0.1'), 'listening');
    return one;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

let anybody: Anybody;
let root: string;
beforeAll(async () => {
  anybody = await Anybody.start();
});
afterAll(() => anybody.stop());
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'whence-trust-'));
  anybody.seen.length = 0;
});
afterEach(() => rmSync(root, { recursive: true }));

interface Change {
  readonly baseUrl?: string;
  readonly tokenUrl?: string;
  readonly secretFile?: string;
  readonly connectionString?: string;
}

/** A state folder as the runtime makes it, but for the change. @returns the folder */
function state(change: Change = {}, mode = 0o700): string {
  const folder = join(root, '.whence');
  mkdirSync(folder);
  chmodSync(folder, mode);
  writeFileSync(join(folder, 'secret'), 'secret of this machine\n');
  const { baseUrl, tokenUrl, secretFile, connectionString } = change;
  const storage = `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=eA==;BlobEndpoint=${anybody.url}/a;`;
  const endpoints = {
    app: { baseUrl: baseUrl ?? anybody.url },
    blob: { connectionString: connectionString ?? storage },
    identity: { tokenUrl: tokenUrl ?? `${anybody.url}/token`, secretFile: secretFile ?? join(folder, 'secret') },
  };
  writeFileSync(join(folder, 'endpoints.json'), JSON.stringify(endpoints));
  return folder;
}

/** Asks as somebody does who stands in a folder of a repository that he cloned. */
function ask(environment: Readonly<Record<string, string>> = {}): Promise<Said> {
  const here = join(root, 'pipelines');
  mkdirSync(here, { recursive: true });
  return whence(['pipeline', 'list'], environment, here);
}

function refused(said: Said, why: RegExp): void {
  expect(said.stderr).toMatch(why);
  expect(said.code).toBe(1);
  expect(said.stderr).not.toMatch(/\n {4}at /);
  expect(anybody.seen).toEqual([]);
}

describe('a state folder', () => {
  test('of this user, with addresses of this machine, is used', async () => {
    state();
    expect(await ask()).toMatchObject({ code: 0, stderr: '' });
    expect(anybody.seen).toEqual([
      'POST /token Bearer secret of this machine',
      expect.stringMatching(/^GET \/api\/v1\/pipelines.* Bearer given$/),
    ]);
  });

  test('cannot name a file outside of itself as the secret', async () => {
    const key = join(root, 'id_rsa');
    writeFileSync(key, 'private key');
    state({ secretFile: key });
    const said = await ask();
    refused(said, /endpoints\.json is not trusted: its secretFile .*id_rsa lies outside of/);
    expect(said.stderr).not.toContain('private key');
  });

  test('cannot do so by a symbolic link either', async () => {
    const key = join(root, 'id_rsa');
    writeFileSync(key, 'private key');
    const folder = state({ secretFile: join(root, '.whence', 'link') });
    symlinkSync(key, join(folder, 'link'));
    refused(await ask(), /endpoints\.json is not trusted: its secretFile .*link lies outside of/);
  });

  test('whose secret is not there is told as such', async () => {
    state({ secretFile: join(root, '.whence', 'gone') });
    refused(await ask(), /endpoints\.json is not trusted: its secretFile .*gone is not there/);
  });

  test.each<[string, Change, RegExp]>([
    ['the issuer', { tokenUrl: `${ELSEWHERE}/token` }, /its identity\.tokenUrl http:\/\/192\.0\.2\.1:9\/token is not/],
    ['the issuer, by file', { tokenUrl: 'file:///etc/passwd' }, /its identity\.tokenUrl file:.* is not/],
    ['the app', { baseUrl: 'https://whence.example' }, /its app\.baseUrl https:\/\/whence\.example is not/],
    ['the storage', { connectionString: `BlobEndpoint=${ELSEWHERE}/a` }, /its blob\.connectionString is not/],
  ])('cannot send a secret elsewhere: %s', async (_what, change, why) => {
    state(change);
    refused(await ask(), why);
  });

  test.runIf(hasUids)('that others may look into was not made by the runtime: a clone has it so', async () => {
    state({}, 0o755);
    refused(await ask(), /\.whence is not trusted: others than its owner may use it/);
  });

  test.runIf(process.getuid?.() === 0)('of another user is not used', async () => {
    chownSync(state(), 12_345, 12_345);
    refused(await ask(), /\.whence is not trusted: it belongs to another user/);
  });

  test('that the user names is held to the same', async () => {
    const key = join(root, 'id_rsa');
    writeFileSync(key, 'private key');
    refused(await ask({ WHENCE_STATE: state({ secretFile: key }) }), /id_rsa lies outside of/);
  });

  test('with an endpoints.json that is a link to elsewhere is not used', async () => {
    const folder = state();
    const elsewhere = join(root, 'other.json');
    writeFileSync(elsewhere, '{}');
    rmSync(join(folder, 'endpoints.json'));
    symlinkSync(elsewhere, join(folder, 'endpoints.json'));
    refused(await ask(), /endpoints\.json is not trusted: it is a link to/);
  });

  test('with a damaged endpoints.json is told as such', async () => {
    writeFileSync(join(state(), 'endpoints.json'), '{');
    refused(await ask(), /endpoints\.json is damaged/);
  });
});

describe('an address', () => {
  test('without TLS gets no token, unless it is of this machine', async () => {
    const shown = { WHENCE_TOKEN: 'shown' };
    refused(await ask({ ...shown, WHENCE_URL: ELSEWHERE }), /WHENCE_URL is http:\/\/192\.0\.2\.1:9.*without TLS/);
    refused(await ask({ ...shown, WHENCE_URL: 'whence' }), /WHENCE_URL is whence, which is no address/);
    expect(await ask({ ...shown, WHENCE_URL: anybody.url })).toMatchObject({ code: 0 });
  });

  test('that sends us elsewhere is not followed, neither the app nor the issuer', async () => {
    const sly = await Anybody.start({
      '/api/v1/pipelines': `${anybody.url}/api/v1/pipelines`,
      '/token': `${anybody.url}/token`,
    });
    try {
      const app = await ask({ WHENCE_URL: sly.url, WHENCE_TOKEN: 'shown' });
      refused(app, /redirect/);
      state({ baseUrl: sly.url, tokenUrl: `${sly.url}/token` });
      refused(await ask(), /redirect/);
      expect(sly.seen).toHaveLength(2);
    } finally {
      sly.stop();
    }
  });

  test.each([
    ['http://127.0.0.1:1/x', true],
    ['https://127.8.9.1', true],
    ['http://0x7f.1/', true],
    ['http://localhost:7071/api', true],
    ['http://[::1]:7071', true],
    ['http://127.0.0.1.example', false],
    ['http://127.0.0.1@example', false],
    ['http://localhost.example', false],
    ['http://0.0.0.0', false],
    ['http://[::ffff:192.0.2.1]', false],
    ['ftp://127.0.0.1', false],
    ['127.0.0.1', false],
  ])('%s is of this machine: %s', (url, is) => expect(isLoopback(url)).toBe(is));

  test.each([
    ['BlobEndpoint=http://127.0.0.1:1/a;SharedAccessSignature=sv=x', true],
    ['DefaultEndpointsProtocol=https;AccountName=a;AccountKey=eA==;BlobEndpoint=https://localhost:1/a;', true],
    ['DefaultEndpointsProtocol=https;AccountName=a;AccountKey=eA==;EndpointSuffix=core.windows.net', false],
    ['BlobEndpointX=BlobEndpoint=http://192.0.2.1/a;BlobEndpoint=http://127.0.0.1:1/a', false],
    ['BlobEndpoint=http://192.0.2.1/a;BlobEndpoint=http://127.0.0.1:1/a', false],
    ['BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://192.0.2.1/a', false],
    ['UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://192.0.2.1', false],
    ['', false],
  ])('connection string %s stays on this machine: %s', (text, is) => expect(isBlobStorageOnLoopback(text)).toBe(is));
});
