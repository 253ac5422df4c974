import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Command, CommanderError } from 'commander';

import { azureMlCommand } from './commands/azure-ml.ts';
import { dataCommand } from './commands/data.ts';
import { doctorCommand } from './commands/doctor.ts';
import { endpointCommand } from './commands/endpoint.ts';
import { localCommand } from './commands/local.ts';
import { modelCommand } from './commands/model.ts';
import { pipelineCommand } from './commands/pipeline.ts';
import { runCommand } from './commands/run.ts';

/** For whom the program speaks. */
export interface ProgramOptions {
  /** For a program: what is wrong with the command line is only thrown, and told as JSON. */
  readonly json?: boolean;
}

/** @returns the command `whence` with everything below it */
export function createProgram({ json = false }: ProgramOptions = {}): Command {
  const program = new Command('whence')
    .description('New data becomes a served model, and every model can say whence it came.')
    .version(version())
    .option('--json', 'print JSON for programs instead of text for people')
    .showHelpAfterError('(`--help` explains the command)')
    .exitOverride()
    .configureOutput(json ? { writeErr: () => undefined } : {})
    .addHelpText(
      'after',
      `
Start here:
  $ whence local demo              watch new data become a served model, twice
  $ whence local up                start everything on this machine
  $ whence pipeline init my-model  make a pipeline folder
  $ whence pipeline publish my-model
  $ whence data land my-model my-model/sample-data/*.csv
                                   hand it data, as your systems will
  $ whence run watch               follow what happens
  $ whence doctor                  check everything that the app stands on

Environment:
  WHENCE_URL       address of the function app; without it, the runtime of this machine is asked
  WHENCE_TOKEN     token to show there; without it, the Azure CLI is asked for one
  WHENCE_AUDIENCE  audience of that token (default: api://whence)
  WHENCE_STATE     state folder of the runtime of this machine (default: .whence here or above)

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
  inherit(program);
  return program;
}

/** @returns whether this is no mistake: help or the version was asked for, and printed */
export function isAnswered(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

/** Commands that were made on their own know nothing of the settings above them. */
function inherit(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inherit(command);
  }
}

function version(): string {
  const file = join(import.meta.dirname, '..', 'package.json');
  return String((JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }).version);
}
