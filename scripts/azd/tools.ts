import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { CliError } from '#cli/cli-error.ts';

const run = promisify(execFile);
const isWindows = process.platform === 'win32';

/** The tools of Azure that hooks call. */
export type Tool = 'az' | 'azd';

/**
 * Runs `az` or `azd`.
 *
 * @returns what it printed, without the line break at its end
 * @throws {CliError} it is not installed, or it failed
 */
export async function call(tool: Tool, ...args: readonly string[]): Promise<string> {
  try {
    // On Windows the tools are .cmd files, which need a shell; nothing that a stranger chose is in the arguments.
    const { stdout } = await run(isWindows ? `${tool}.cmd` : tool, [...args], { shell: isWindows });
    return stdout.trim();
  } catch (error) {
    const { code, stderr } = error as { readonly code?: string | number; readonly stderr?: string };
    if (code === 'ENOENT')
      throw new CliError(`${tool} is not installed.`, 'https://aka.ms/azure-dev/install, https://aka.ms/azure-cli');
    throw new CliError(
      `${tool} ${args.slice(0, 3).join(' ')} failed: ${(stderr ?? '').trim().slice(0, 500)}`,
      'Sign in with `az login` and `azd auth login`, or see the message.',
    );
  }
}

/** Runs `az` and reads its JSON. */
export async function askAz<T>(...args: readonly string[]): Promise<T> {
  const text = await call('az', ...args, '--output', 'json');
  return JSON.parse(text === '' ? 'null' : text) as T;
}
