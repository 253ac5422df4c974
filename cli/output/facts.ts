import { tone } from './style.ts';

/** Width of the labels, with the space after them. */
const LABEL_CHARS = 10;

/** @param facts - about one thing: label and value of each; a line each */
export function factLines(facts: readonly (readonly string[])[]): string {
  return facts.map(([label = '', value = '']) => `${tone(label.padEnd(LABEL_CHARS), 'quiet')}${value}`).join('\n');
}
