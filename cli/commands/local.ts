import { join, resolve } from 'node:path';

import { Command } from 'commander';

import { stopRuntime } from '#local/runtime/stop-runtime.ts';

import { CliError } from '../cli-error.ts';
import { runDemo } from '../demo/demo.ts';
import { jsonReporter, textReporter } from '../demo/reporter.ts';
import { startRuntimeProcess } from '../demo/runtime-process.ts';
import { print, printLine } from '../output/print.ts';
import { tone } from '../output/style.ts';
import { teach, wantsJson } from './command.ts';

/** Folder of this repository. */
const ROOT = join(import.meta.dirname, '..', '..');

/** `whence local …` */
export function localCommand(): Command {
  return new Command('local')
    .description('run Whence on this machine, against stand-ins that speak the real protocols')
    .addCommand(up())
    .addCommand(demo())
    .addCommand(down());
}

function up(): Command {
  return teach(new Command('up').description('start everything and stay until Ctrl-C'), [
    'whence local up',
    'whence local up --state /tmp/whence',
  ])
    .option('--state <folder>', 'state folder', '.whence')
    .option('--no-chaos', 'deliver every event once and in order')
    .action(async (options: { state: string; chaos: boolean }, command: Command) => {
      const json = wantsJson(command);
      const runtime = await startRuntimeProcess({
        root: ROOT,
        stateFolder: resolve(options.state),
        args: options.chaos ? [] : ['--no-chaos'],
        onProgress: (component, text) =>
          json ? printLine({ component, text }) : process.stdout.write(`${tone('▸', 'name')} ${component}: ${text}\n`),
      });
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void runtime.stop());
      if (json) printLine({ ready: true, endpoints: runtime.endpoints });
      else
        process.stdout.write(
          `${tone('✔', 'good')} ${runtime.functions} functions at ${runtime.endpoints.app.baseUrl}. Addresses for other tools: ${join(resolve(options.state), 'endpoints.json')}.\n  Next: whence pipeline publish <folder>. Ctrl-C stops everything.\n`,
        );
      await runtime.ended;
    });
}

function demo(): Command {
  return teach(
    new Command('demo').description(
      'watch new data become a served model, twice; then a broken export, a refused model, and one more',
    ),
    ['whence local demo', 'whence local demo --keep', 'whence local demo --json'],
  )
    .option('--keep', 'leave everything running at the end')
    .action(async (options: { keep?: boolean }, command: Command) => {
      const reporter = wantsJson(command) ? jsonReporter() : textReporter();
      process.exitCode = await runDemo({ root: ROOT, keep: options.keep === true, reporter });
    });
}

function down(): Command {
  return teach(new Command('down').description('stop the runtime of a state folder, wherever it runs'), [
    'whence local down',
  ])
    .option('--state <folder>', 'state folder', '.whence')
    .action(async (options: { state: string }, command: Command) => {
      const outcome = await stopRuntime(resolve(options.state));
      if (outcome.outcome === 'still-running')
        throw new CliError(`Process ${outcome.pid} has not stopped yet.`, 'Wait a moment and try again.');
      print({
        json: wantsJson(command),
        value: outcome,
        text: () => (outcome.outcome === 'stopped' ? `Stopped process ${outcome.pid}.` : 'Nothing runs there.'),
      });
    });
}
