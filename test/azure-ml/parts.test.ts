/** Small parts of the stand-in, by themselves. */
import { describe, expect, it } from 'vitest';

import { Background } from '#local/azure-ml/background.ts';
import { durationMs } from '#local/azure-ml/duration.ts';
import { pick } from '#local/azure-ml/endpoint-router.ts';
import { startTimeOf } from '#local/azure-ml/process-group.ts';

describe('a duration', () => {
  it.each([
    ['PT5S', 5_000],
    ['PT0.5S', 500],
    ['PT1H30M', 5_400_000],
    ['P1DT1S', 86_401_000],
    ['P30D', 2_592_000_000],
  ])('%s is %i ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each(['', 'P', 'PT', 'P1DT', '5', 'P1Y', 'PT-1S', 'pt1s'])('"%s" is none', (text) => {
    expect(() => durationMs(text)).toThrow(/no ISO 8601 duration/);
  });
});

describe('a deployment for a request', () => {
  it.each<[number, string | undefined]>([
    [0, 'a'],
    [0.0999, 'a'],
    [0.1, 'c'],
    [0.9999, 'c'],
  ])('is picked by %f', (random, expected) => {
    expect(pick({ a: 10, b: 0, c: 90 }, random)).toBe(expected);
  });

  it('is none where none has traffic', () => {
    expect(pick({}, 0)).toBeUndefined();
    expect(pick({ a: 0 }, 0)).toBeUndefined();
  });
});

describe('background work', () => {
  it('of one key is done one after another, also after a failure; of another key beside it', async () => {
    const done: string[] = [];
    const background = new Background((key, error) => done.push(`${key}: ${String(error)}`));
    const gate = Promise.withResolvers<void>();
    background.run('a', async () => {
      await gate.promise;
      done.push('a1');
      throw new Error('no');
    });
    background.run('a', async () => {
      done.push('a2');
      background.run('c', async () => void done.push('c, started by a2'));
    });
    background.run('b', async () => {
      done.push('b');
      gate.resolve();
    });
    await background.settled();
    expect(done).toEqual(['b', 'a1', 'a: Error: no', 'a2', 'c, started by a2']);
  });
});

it('a process has a start time while it is there', () => {
  expect(startTimeOf(process.pid)).toMatch(/^\d+$/);
  expect(startTimeOf(process.pid)).toBe(startTimeOf(process.pid));
  expect(startTimeOf(2 ** 22 + 1)).toBe('');
});
