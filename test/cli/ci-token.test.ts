/** The token by which a CI vouches for a commit, from a server that gives it as GitHub does. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { expect, test } from 'vitest';

import { readCiToken } from '#cli/publishing/ci-token.ts';

test('is asked for with its audience, and only where somebody wants it', async () => {
  const server = createServer((request, response) => {
    const isRight = request.headers.authorization === 'Bearer job' && request.url === '/token?v=1&audience=whence';
    response.writeHead(isRight ? 200 : 403).end(JSON.stringify({ value: 'a.b.c' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token?v=1`;
  const job = { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job' };
  try {
    expect(await readCiToken(job)).toBeUndefined();
    expect(await readCiToken({ ...job, WHENCE_CI_AUDIENCE: 'whence' })).toBe('a.b.c');
    await expect(readCiToken({ ...job, WHENCE_CI_AUDIENCE: 'other' })).rejects.toThrow('GitHub gave no token (403)');
    await expect(readCiToken({ WHENCE_CI_AUDIENCE: 'whence' })).rejects.toThrow('may not have a token');
  } finally {
    server.close();
  }
});

test('is not asked for elsewhere, whatever the address says', async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url);
    response.writeHead(307, { location: '/elsewhere' }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const job = {
    ACTIONS_ID_TOKEN_REQUEST_URL: url,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job',
    WHENCE_CI_AUDIENCE: 'whence',
  };
  try {
    await expect(readCiToken(job)).rejects.toThrow('fetch failed');
    expect(seen).toEqual(['/token?audience=whence']);
  } finally {
    server.close();
  }
});
