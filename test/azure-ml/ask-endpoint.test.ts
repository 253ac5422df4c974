/** A scoring request to an endpoint that answers as it likes. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { askEndpoint } from '#shared/adapters/azure-ml/ask-endpoint.ts';
import { limits } from '#shared/domain/limits.ts';

const CHUNK = Buffer.alloc(100_000, 'a');
let server: Server;
let sent = 0;
beforeAll(async () => {
  server = createServer((request, response) => {
    sent = 0;
    if (request.url === '/empty') return response.end();
    if (request.url === '/zipped') {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      return response.end(gzipSync(Buffer.alloc(limits.scoringAnswerBytes + 1, 'a')));
    }
    if (request.url === '/most') return response.end(Buffer.alloc(limits.scoringAnswerBytes, 'é'));
    const more = (): void => {
      while (sent < 200_000_000) {
        sent += CHUNK.length;
        if (!response.write(CHUNK)) return void response.once('drain', more);
      }
      response.end();
    };
    return more();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void server.close());

const ask = (path: string): ReturnType<typeof askEndpoint> =>
  askEndpoint('e', `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
    token: 't',
    body: {},
    deployment: undefined,
  });

test('an answer without end is read no further than the limit, and no retry changes that', async () => {
  await expect(ask('/endless')).rejects.toMatchObject({
    code: 'azure-ml.refused',
    isTransient: false,
    message: 'Endpoint e answered with more than 1000000 bytes.',
  });
  expect(sent).toBeLessThan(50_000_000);
});

test('a small answer that unpacks to a large one is refused too', async () => {
  await expect(ask('/zipped')).rejects.toMatchObject({ code: 'azure-ml.refused' });
});

test('the largest answer, and an empty one, are read', async () => {
  expect(await ask('/most')).toEqual({ status: 200, body: 'é'.repeat(limits.scoringAnswerBytes / 2) });
  expect(await ask('/empty')).toEqual({ status: 200, body: '' });
});
