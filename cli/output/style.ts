import { styleText } from 'node:util';

/** Meaning of a piece of text; colour follows from it, and only on a terminal. */
export type Tone = 'good' | 'bad' | 'warn' | 'quiet' | 'strong' | 'name';

const formats = { good: 'green', bad: 'red', warn: 'yellow', quiet: 'dim', strong: 'bold', name: 'cyan' } as const;

/** @returns the text in the colour of its tone, where stdout is a terminal and NO_COLOR is not set */
export function tone(text: string, as: Tone): string {
  return styleText(formats[as], text, { stream: process.stdout, validateStream: true });
}
