/** What steers a terminal comes from `tone` only: data that holds such characters is shown with a mark in their place. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { jsonText, onlyColours, printable } from '#cli/output/printable.ts';

import { whence } from './whence.ts';

/** Sets the title, clears the screen, is red, is a C1 sequence, goes back, writes from right to left. */
const NASTY = '\u001B]0;OWNED\u0007\u001B[2J\u001B[31m\u009B2J\r\u202Egnp.exe\u2066';
const SHOWN = '\uFFFD]0;OWNED\uFFFD\uFFFD[2J\uFFFD[31m\uFFFD2J\uFFFD\uFFFDgnp.exe\uFFFD';
/** Everything that may not reach a terminal, once our colours are taken out. */
// eslint-disable-next-line no-control-regex -- it is what must not be there
const STEERING = /(?![\n\t])[\p{Cc}\u202A-\u202E\u2066-\u2069]/u;
// eslint-disable-next-line no-control-regex -- our own colours
const COLOURS = /\u001B\[(?:1|2|22|3[1236]|39)m/g;
const colourful = { FORCE_COLOR: '1' };

const pipeline = {
  schemaVersion: 1,
  name: 'a',
  activeVersion: '0'.repeat(64),
  paused: true,
  trigger: { container: 'landing', path: NASTY, select: 'all', settleMs: 0, maxWaitMs: 1 },
  endpoint: 'e',
  updatedAt: '2026-01-01T00:00:00Z',
  updatedBy: 'x',
};
const RUN_ID = 'a-r-0123456789abcdef0123';
const event = {
  schemaVersion: 1,
  runId: RUN_ID,
  seq: 1,
  at: '2026-01-01T00:00:00Z',
  type: 'run.failed',
  summary: NASTY,
  data: {},
};

let server: Server;
let environment: Record<string, string>;
beforeAll(async () => {
  server = createServer((request, response) => {
    const { url = '' } = request;
    if (url.endsWith('/events')) {
      response.setHeader('content-type', 'text/event-stream').end(`id: 1\ndata: ${JSON.stringify(event)}\n\n`);
    } else if (url.startsWith('/api/v1/pipelines')) {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ items: [pipeline] }));
    } else {
      const told = { type: 'x', title: 't', status: 404, detail: NASTY, instance: '/', code: 'http.not-found' };
      const details = { problems: [{ message: NASTY }] };
      response
        .writeHead(404, { 'content-type': 'application/problem+json' })
        .end(JSON.stringify({ ...told, details, remedy: NASTY }));
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  environment = { WHENCE_URL: url, WHENCE_TOKEN: 'x', ...colourful };
});
afterAll(() => void server.close());

describe('on a terminal', () => {
  test('an answer has our colours, and nothing else that steers', async () => {
    const { stdout, code } = await whence(['pipeline', 'list'], environment);
    expect(code).toBe(0);
    expect(stdout).toMatch(COLOURS);
    expect(stdout).toContain(`landing/${SHOWN}`);
    expect(stdout.replaceAll(COLOURS, '')).not.toMatch(STEERING);
  });

  test('so does an event of a run, and what is said of an error', async () => {
    const { stdout, stderr } = await whence(['run', 'watch', RUN_ID], environment);
    expect(stdout).toContain(SHOWN);
    expect(stderr).toContain(`whence:`);
    expect(stderr).toContain(SHOWN);
    for (const text of [stdout, stderr]) {
      expect(text).toMatch(COLOURS);
      expect(text.replaceAll(COLOURS, '')).not.toMatch(STEERING);
    }
  });

  test('so does a mistake in a file, with its line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'whence-output-'));
    writeFileSync(join(folder, 'pipeline.yaml'), `name: a\nwrong: "x\u202Ey"\n`);
    const { stdout } = await whence(['pipeline', 'check', folder], colourful);
    rmSync(folder, { recursive: true });
    expect(stdout).toContain('wrong: "x\uFFFDy"');
    expect(stdout.replaceAll(COLOURS, '')).not.toMatch(STEERING);
  });

  test('JSON says the same as ever, by escapes', async () => {
    const { stdout } = await whence(['pipeline', 'list', '--json'], environment);
    expect(stdout).not.toMatch(STEERING);
    expect(JSON.parse(stdout)).toMatchObject({ items: [{ trigger: { path: NASTY } }] });
  });
});

test('texts are cleaned wherever they are in a value; line breaks and tabs stay', () => {
  expect(printable({ a: [NASTY, 1, null, true], [NASTY]: 'b\r\nc\td' })).toEqual({
    a: [SHOWN, 1, null, true],
    [SHOWN]: 'b\nc\td',
  });
});

test('of finished text only colours stay', () => {
  expect(onlyColours('\u001B[31mx\u001B[39m\u001B[2J\u001B]0;y\u0007\u001B[')).toBe(
    '\u001B[31mx\u001B[39m\uFFFD[2J\uFFFD]0;y\uFFFD\uFFFD[',
  );
});

test('JSON of any value is JSON, without a character that steers', () => {
  expect(jsonText({ a: '\u009B\u007F\u202E\n' })).toBe('{"a":"\\u009b\\u007f\\u202e\\n"}');
});

test('nothing of the CLI writes to a terminal but by the functions that clean', () => {
  const root = join(import.meta.dirname, '..', '..', 'cli');
  const writing = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .filter((path) => /std(?:out|err)\.write|console\.\w+\(/.test(readFileSync(join(root, path), 'utf8')));
  expect(writing).toEqual([join('output', 'print.ts')]);
});
