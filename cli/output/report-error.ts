import { isWhenceError } from '#shared/errors/whence-error.ts';

import { CliError } from '../cli-error.ts';
import { ApiProblem, ApiUnreachable } from '../client/api-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { tone } from './style.ts';

interface Told {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly exitCode: number;
}

/**
 * Tells the user what went wrong, on stderr, and what to do.
 *
 * @returns the exit code
 */
export function reportError(error: unknown, json: boolean): number {
  const told = tell(error);
  if (json) process.stderr.write(`${JSON.stringify({ error: told })}\n`);
  else
    process.stderr.write(
      `${tone('whence:', 'bad')} ${told.message}\n        ${told.fix}${told.code === '' ? '' : ` (${told.code})`}\n${listed(told.details)}`,
    );
  return told.exitCode;
}

function tell(error: unknown): Told {
  if (error instanceof CliError)
    return { code: '', message: error.message, fix: error.fix, exitCode: exitCodes.fixable };
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
      code: '',
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
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: 'core.internal',
    message: stack,
    fix: 'This is a defect of Whence: please report it with the lines above.',
    exitCode: exitCodes.defect,
  };
}

function listed(details: Told['details']): string {
  const problems = details?.['problems'];
  if (!Array.isArray(problems)) return '';
  return problems.map((problem) => `        - ${JSON.stringify(problem)}\n`).join('');
}
