/** The demo as a person starts it, once: every chapter of it, through the bundle and the laptop runtime. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { beforeAll, expect, test } from 'vitest';

interface Line {
  readonly event: string;
  readonly title?: string;
  readonly ok?: boolean;
  readonly text?: string;
  readonly runId?: string;
  readonly verdicts?: readonly { readonly outcome: string; readonly metric: string }[];
  readonly rows?: readonly { readonly model: string; readonly outcome: string; readonly data: string }[];
  readonly runEvent?: { readonly type: string; readonly runId: string };
}

const lines: Line[] = [];
let code: number | null;

async function demo(onLine: (line: Line, stop: () => void) => void): Promise<number | null> {
  const child = spawn(process.execPath, ['cli/whence.mjs', 'local', 'demo', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  for await (const line of createInterface({ input: child.stdout }))
    onLine(JSON.parse(line) as Line, () => child.kill('SIGINT'));
  return (await exited)[0];
}

beforeAll(async () => {
  code = await demo((line) => lines.push(line));
}, 300_000);

test('ends well, and says so', () => {
  expect(lines.at(-1)).toMatchObject({ event: 'end', ok: true });
  expect(code).toBe(0);
});

test('tells all of the story', () => {
  expect(lines.filter(({ event }) => event === 'chapter').map(({ title }) => title)).toMatchSnapshot();
});

test('names what every model was built from, and what was refused', () => {
  const rows = lines.find(({ event }) => event === 'summary')?.rows ?? [];
  expect(rows.map(({ model, outcome }) => ({ model, outcome }))).toMatchSnapshot();
  expect(new Set(rows.map(({ data }) => data)).size).toBeGreaterThan(1);
});

test('every run ends once', () => {
  const ends = lines.flatMap(({ runEvent }) =>
    runEvent !== undefined && /^run\.(succeeded|refused|failed|canceled)$/.test(runEvent.type) ? [runEvent] : [],
  );
  expect(ends.map(({ type }) => type)).toMatchSnapshot();
  expect(new Set(ends.map(({ runId }) => runId)).size).toBe(ends.length);
});

test('Ctrl-C ends it, and nothing is left', async () => {
  let url = '';
  const stopped = await demo((line, stop) => {
    if (line.event !== 'ready') return;
    url = /http\S+[^.\s]/.exec(line.text ?? '')?.[0] ?? '';
    stop();
  });
  expect(stopped).toBe(130);
  expect(url).not.toBe('');
  await expect(fetch(url)).rejects.toThrow('fetch failed');
}, 60_000);
