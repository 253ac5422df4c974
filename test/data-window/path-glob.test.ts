/** Globs mean what picomatch takes them for, and take no time that a blob's name can choose. */
import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, test } from 'vitest';

import { literalPrefix, matchesGlob, parseGlob } from '#shared/domain/data-window/path-glob.ts';

function matches(glob: string, path: string): boolean {
  const parsed = parseGlob(glob);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return matchesGlob(parsed.glob, path);
}

test.each([
  ['sales/**/*.csv', 'sales/a.csv', true],
  ['sales/**/*.csv', 'sales/2026/01/a.csv', true],
  ['sales/**/*.csv', 'sales/2026/.tmp/a.csv', false],
  ['sales/**/*.csv', 'sales/.a.csv', false],
  ['sales/**/*.csv', 'other/a.csv', false],
  ['sales/*.csv', 'sales/2026/a.csv', false],
  ['**', 'a/b/c', true],
  ['**/x/**/y', 'x/x/z/y', true],
  ['*_*_*.csv', 'a_b_c.csv', true],
  ['*_*_*.csv', 'a_b.csv', false],
  ['a?c', 'abc', true],
  ['?c', '.c', false],
  ['.?', '.c', true],
  ['[a-c]*.{csv,parquet}', 'b1.parquet', true],
  ['[!a-c]*.csv', 'b1.csv', false],
  ['{2025,2026}/[0-1][0-9].csv', '2026/07.csv', true],
  ['exact.csv', 'exact.csv', true],
  ['exact.csv', 'exact_csv', false],
  ['a+b.csv', 'a+b.csv', true],
  ['größe/*.csv', 'größe/ü.csv', true],
])('%s and %s: %s', (glob, path, expected) => {
  expect(matches(glob, path)).toBe(expected);
});

test('on any glob and path it says what picomatch says', () => {
  const name = fc
    .array(fc.constantFrom('a', 'b', '*', '?', '.', '[ab]', '[^a]', '{a,b}', '_'), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join(''))
    // Two stars in a name mean one; and brackets match no leading dot, as in POSIX: in both picomatch differs.
    .filter((text) => !text.includes('**') && !text.startsWith('[^') && text !== '.' && text !== '..');
  const globs = fc
    .array(fc.oneof(name, fc.constant('**')), { minLength: 1, maxLength: 4 })
    .map((names) => names.join('/'));
  const paths = fc
    .array(fc.stringMatching(/^[ab._]{1,4}$/), { minLength: 1, maxLength: 5 })
    .filter((names) => names.every((one) => one !== '.' && one !== '..'))
    .map((names) => names.join('/'));
  fc.assert(
    fc.property(globs, paths, (glob, path) => {
      // `a/**` of picomatch also takes `a` itself, which for us is a file and no folder.
      fc.pre(!glob.endsWith('/**'));
      expect(matches(glob, path)).toBe(picomatch(glob, { dot: false, nonegate: true, noextglob: true })(path));
    }),
    { numRuns: 5_000, seed: 20_261_125 },
  );
});

test.each([
  ['*_*_*_*_*_*_*_*.csv', '_'.repeat(1_024)],
  ['*a*a*a*a*a*a*a*b', 'a'.repeat(1_024)],
  ['**/*a*/**/*a*/**/*a*/x', `${'a/'.repeat(500)}y`],
])('%s ends on a name that keeps a backtracking matcher busy for minutes', (glob, path) => {
  // It would not come back within the time that a test has.
  expect(matches(glob, path)).toBe(false);
});

describe('a glob that is none', () => {
  test.each([
    ['/sales/*.csv', /leading/],
    ['sales//*.csv', /empty name/],
    ['sales/../*.csv', /leads out/],
    ['+(a|b).csv', /`\(` is not served/],
    ['a\\*.csv', /`\\` is not served/],
    ['{a,{b,c}}.csv', /one level deep/],
    ['{a,b', /one level deep/],
    ['{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}.csv', /at most 64/],
    ['[ab', /not closed/],
  ])('%s is refused', (glob, problem) => {
    expect(parseGlob(glob)).toEqual({ problem: expect.stringMatching(problem) });
  });
});

test.each([
  ['sales/**/*.csv', 'sales/'],
  ['sales/2026/{a,b}.csv', 'sales/2026/'],
  ['**/*.csv', ''],
  ['a/b.csv', 'a/b.csv'],
])('a listing for %s begins with %s', (glob, prefix) => {
  expect(literalPrefix(glob)).toBe(prefix);
});
