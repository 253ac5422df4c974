import { CommanderError } from 'commander';

import { isWhenceError } from '#shared/errors/whence-error.ts';

import { CliError, USAGE } from '../cli-error.ts';
import { ApiProblem, ApiUnreachable } from '../client/api-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { tellLine, tellText } from './print.ts';
import { printable } from './printable.ts';
import { tone } from './style.ts';

interface Told {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly exitCode: number;
}

/**
 * Tells the user what went wrong, on stderr, and what to do.
 *
 * @returns the exit code
 */
export function reportError(error: unknown, json: boolean): number {
  const told = tell(error);
  if (json) tellLine({ error: told });
  // Commander has told people already.
  else if (!(error instanceof CommanderError))
    tellText(`${errorText(printable(told))}${error instanceof CliError ? '' : listed(told.details)}`);
  return told.exitCode;
}

function errorText({ message, fix, code }: Told): string {
  return `${tone('whence:', 'bad')} ${message}\n        ${fix}${code === USAGE ? '' : ` (${code})`}`;
}

function tell(error: unknown): Told {
  if (error instanceof CliError)
    return {
      code: error.code,
      message: error.message,
      fix: error.fix,
      details: error.details,
      exitCode: exitCodes.fixable,
    };
  if (error instanceof CommanderError) return tellUsage(error);
  if (error instanceof ApiProblem) {
    const { code, detail, remedy, details, status } = error.problem;
    return {
      code,
      message: detail,
      fix: remedy,
      details,
      exitCode: status >= 500 ? exitCodes.defect : exitCodes.fixable,
    };
  }
  if (error instanceof ApiUnreachable) {
    return {
      code: 'cli.unreachable',
      message: error.message,
      fix: 'Is it running? `whence local up` starts it on this machine; WHENCE_URL names another one.',
      exitCode: exitCodes.fixable,
    };
  }
  if (isWhenceError(error)) {
    const { audience, remedy } = error.entry;
    return {
      code: error.code,
      message: error.message,
      fix: remedy,
      details: error.details,
      exitCode: audience === 'operator' ? exitCodes.fixable : exitCodes.defect,
    };
  }
  const system = error instanceof Error ? tellSystem(error) : undefined;
  if (system !== undefined) return { code: USAGE, ...system, exitCode: exitCodes.fixable };
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: 'core.internal',
    message: stack,
    fix: 'This is a defect of Whence: please report it with the lines above.',
    exitCode: exitCodes.defect,
  };
}

/** What is wrong with the command line, in commander's words. */
function tellUsage({ code, message }: CommanderError): Told {
  const isHelp = code === 'commander.help';
  return {
    code: USAGE,
    message: isHelp ? 'A command is missing.' : message.replace(/^error: /, ''),
    fix: isHelp ? '`whence --help` lists the commands.' : '`--help` explains the command.',
    exitCode: exitCodes.fixable,
  };
}

/** What the system says of a file or a program that the user named. */
function tellSystem({ code, syscall, path }: NodeJS.ErrnoException): Pick<Told, 'message' | 'fix'> | undefined {
  if (code === 'ENOENT' && syscall?.startsWith('spawn') === true)
    return { message: `${path ?? 'A program'} is not installed.`, fix: 'Install it, and see that it is in PATH.' };
  const named = path ?? 'What was named';
  if (code === 'ENOENT')
    return { message: `${named} is not there.`, fix: 'Look how it is spelt, and from which folder.' };
  if (code === 'EACCES')
    return { message: `You may not use ${named}.`, fix: 'Ask its owner for the right, or name another one.' };
  if (code === 'EISDIR') return { message: `${named} is a folder.`, fix: 'Name a file.' };
  if (code === 'ENOTDIR') return { message: `${named} leads through a file.`, fix: 'Name a folder.' };
  return undefined;
}

/** The problems that a server names. The command itself has shown its own, with their lines. */
function listed(details: Told['details']): string {
  const problems = details?.['problems'];
  if (!Array.isArray(problems)) return '';
  return problems.map((problem) => `\n        - ${JSON.stringify(printable(problem))}`).join('');
}
