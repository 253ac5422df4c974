/** How a command answers: `--json` for programs, text for people. */
export interface Answer<T> {
  readonly json: boolean;
  readonly value: T;
  /** The value for people. */
  readonly text: (value: T) => string;
}

/** Prints the answer of a command to stdout. */
export function print<T>({ json, value, text }: Answer<T>): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${text(value)}\n`);
}

/** Prints one object as one line of JSON. */
export function printLine(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
