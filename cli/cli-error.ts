/** Something the user can fix: what, why, and what to do now. Ends the command with exit code 1. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** What to do now. */
  readonly fix: string;
  /** For programs: what kind of mistake it is. */
  readonly code: string;

  constructor(message: string, fix: string, code = 'cli.usage') {
    super(message);
    this.fix = fix;
    this.code = code;
  }
}
