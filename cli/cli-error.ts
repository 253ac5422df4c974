/** Something the user can fix: what, why, and what to do now. Ends the command with exit code 1. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** What to do now. */
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}
