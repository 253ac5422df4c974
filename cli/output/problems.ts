import type { Problem } from '#shared/domain/yaml/problem.ts';

import { printable } from './printable.ts';
import { tone } from './style.ts';

/**
 * A mistake as a person reads it: where, what, the line with a mark under the place, what was expected, how to fix it.
 *
 * @param told - the mistake
 * @param bytes - the file, if it is there
 */
export function problemText(told: Problem, bytes: Uint8Array | undefined): string {
  const problem = printable(told);
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const source = bytes === undefined ? undefined : lineOf(bytes, problem.line);
  const gutter = String(problem.line);
  const excerpt =
    source === undefined
      ? []
      : [
          `${tone(`${gutter} │`, 'quiet')} ${source}`,
          `${' '.repeat(gutter.length)} ${tone('│', 'quiet')} ${' '.repeat(Math.max(0, problem.column - 1))}${tone('^', 'bad')}`,
        ];
  return [
    `${tone(place, 'strong')} ${tone(problem.code, 'bad')}${problem.path === '' ? '' : ` ${tone(problem.path, 'name')}`}`,
    problem.message,
    ...excerpt,
    `${tone('expected', 'quiet')} ${problem.expected}`,
    `${tone('fix     ', 'quiet')} ${problem.fix}`,
  ].join('\n');
}

function lineOf(bytes: Uint8Array, line: number): string | undefined {
  return printable(Buffer.from(bytes).toString('utf8').split(/\r?\n/)[line - 1]);
}
