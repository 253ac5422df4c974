import { stripVTControlCharacters } from 'node:util';

import { tone } from './style.ts';

/**
 * A table for people: columns as wide as their content, two spaces between.
 *
 * @param headings - one a column
 * @param rows - cells, which may be coloured
 */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => width(row[column] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell))))
      .join('  ')
      .trimEnd();
  return [tone(line(headings), 'quiet'), ...rows.map(line)].join('\n');
}

function width(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
