import type { Command } from 'commander';

/**
 * Whether `--json` was given, before or after the command's own name.
 *
 * @param command - the command as commander hands it to its action
 */
export function wantsJson(command: Command): boolean {
  return command.optsWithGlobals<{ json?: boolean }>().json === true;
}

/** Adds what every command has: its examples below the help, and `--json`. */
export function teach(command: Command, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ ${example}`).join('\n');
  return command.option('--json', 'print JSON for programs').addHelpText('after', `\nFor example:\n${lines}`);
}
