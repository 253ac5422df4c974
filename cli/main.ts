import { CommanderError } from 'commander';

import { exitCodes } from './exit-codes.ts';
import { reportError } from './output/report-error.ts';
import { createProgram } from './program.ts';

try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.fixable;
  else process.exitCode = reportError(error, process.argv.includes('--json'));
}
