/** The code of a mistake that needs no other; people are not shown it. */
export const USAGE = 'cli.usage';

/** Something the user can fix: what, why, and what to do now. Ends the command with exit code 1. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** What to do now. */
  readonly fix: string;
  /** For programs: what kind of mistake it is. */
  readonly code: string;
  /** For programs: what the message only counts. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(message: string, fix: string, code: string = USAGE, details?: Readonly<Record<string, unknown>>) {
    super(message);
    this.fix = fix;
    this.code = code;
    this.details = details;
  }
}
