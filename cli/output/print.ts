import { jsonText, onlyColours, printable } from './printable.ts';

/** How a command answers: `--json` for programs, text for people. */
export interface Answer<T> {
  readonly json: boolean;
  readonly value: T;
  /** The value for people. It is given one that may stand on a terminal, so it should use no other. */
  readonly text: (value: T) => string;
}

/** Prints the answer of a command to stdout. */
export function print<T>({ json, value, text }: Answer<T>): void {
  if (json) process.stdout.write(`${jsonText(value, 2)}\n`);
  else printText(text(printable(value)));
}

/** Prints one object as one line of JSON. */
export function printLine(value: unknown): void {
  process.stdout.write(`${jsonText(value)}\n`);
}

/** Prints text for people to stdout. What comes from outside is made {@link printable} before. */
export function printText(text: string): void {
  process.stdout.write(`${onlyColours(text)}\n`);
}

/** Tells people something beside the answer, on stderr. What comes from outside is made {@link printable} before. */
export function tellText(text: string): void {
  process.stderr.write(`${onlyColours(text)}\n`);
}

/** Tells a program something beside the answer: one line of JSON on stderr. */
export function tellLine(value: unknown): void {
  process.stderr.write(`${jsonText(value)}\n`);
}
