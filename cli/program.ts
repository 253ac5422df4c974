import { Command } from 'commander';

import { azureMlCommand } from './commands/azure-ml.ts';
import { dataCommand } from './commands/data.ts';
import { doctorCommand } from './commands/doctor.ts';
import { endpointCommand } from './commands/endpoint.ts';
import { localCommand } from './commands/local.ts';
import { modelCommand } from './commands/model.ts';
import { pipelineCommand } from './commands/pipeline.ts';
import { runCommand } from './commands/run.ts';

/** @returns the command `whence` with everything below it */
export function createProgram(): Command {
  const program = new Command('whence')
    .description('New data becomes a served model, and every model can say whence it came.')
    .option('--json', 'print JSON for programs instead of text for people')
    .showHelpAfterError('(`--help` explains the command)')
    .exitOverride()
    .addHelpText(
      'after',
      `
Start here:
  $ whence local demo              watch new data become a served model, twice
  $ whence local up                start everything on this machine
  $ whence pipeline init my-model  make a pipeline folder
  $ whence pipeline publish my-model
  $ whence run watch               follow what happens
  $ whence doctor                  check everything that the app stands on

Exit codes: 0 done, 1 something you can fix, 2 a defect of Whence.`,
    );

  for (const command of [
    localCommand(),
    pipelineCommand(),
    runCommand(),
    dataCommand(),
    modelCommand(),
    endpointCommand(),
    azureMlCommand(),
    doctorCommand(),
  ])
    program.addCommand(command);
  return program;
}
