import { exitCodes } from './exit-codes.ts';
import { endWithReader } from './output/end-with-reader.ts';
import { reportError } from './output/report-error.ts';
import { createProgram, isAnswered } from './program.ts';

const json = process.argv.includes('--json');

endWithReader(process.stdout);
try {
  await createProgram({ json }).parseAsync();
} catch (error) {
  process.exitCode = isAnswered(error) ? exitCodes.done : reportError(error, json);
}
