import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { Command } from 'commander';

import { stopRuntime, type StopOutcome } from '#local/runtime/stop-runtime.ts';

import { CliError } from '../cli-error.ts';
import { runDemo } from '../demo/demo.ts';
import { jsonReporter, textReporter } from '../demo/reporter.ts';
import { startRuntimeProcess } from '../demo/runtime-process.ts';
import { print, printLine, printText } from '../output/print.ts';
import { printable } from '../output/printable.ts';
import { tone } from '../output/style.ts';
import { teach, wantsJson } from './command.ts';

/** Folder of this repository. */
const ROOT = join(import.meta.dirname, '..', '..');
/** How the terminal, or whoever runs us, asks a command to stop. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

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
    .action(async ({ state, chaos }: { state: string; chaos: boolean }, command: Command) => {
      await stayUp({ stateFolder: resolve(state), chaos, json: wantsJson(command) });
    });
}

async function stayUp(options: { stateFolder: string; chaos: boolean; json: boolean }): Promise<void> {
  const { stateFolder, chaos, json } = options;
  const stopping = new AbortController();
  // The same signal may come more than once: to the whole group, and from whoever passes it on.
  const onSignal = (): void => stopping.abort();
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  await buildIfStale(stopping.signal);
  if (stopping.signal.aborted) return;
  const runtime = await startRuntimeProcess({
    root: ROOT,
    stateFolder,
    args: chaos ? [] : ['--no-chaos'],
    onProgress: (component, text) =>
      json ? printLine({ component, text }) : printText(`${tone('▸', 'name')} ${printable(`${component}: ${text}`)}`),
  });
  // It is not ours until it is ready: a signal that came before is answered now.
  if (stopping.signal.aborted) return runtime.stop();
  stopping.signal.addEventListener('abort', () => void runtime.stop());
  if (json) printLine({ ready: true, endpoints: runtime.endpoints });
  else
    printText(
      `${tone('✔', 'good')} ${runtime.functions} functions at ${runtime.endpoints.app.baseUrl}. Addresses for other tools: ${join(stateFolder, 'endpoints.json')}.\n  Next: whence pipeline publish <folder>. Ctrl-C stops everything.`,
    );
  await runtime.ended;
}

/**
 * Builds the app where it was never built, or where a source is newer; scripts/run.mjs has the rule, and says on stderr
 * that it builds.
 */
async function buildIfStale(signal?: AbortSignal): Promise<void> {
  const script = join(ROOT, 'scripts', 'run.mjs');
  const isCheckout = existsSync(script) && existsSync(join(ROOT, 'functions', 'main.ts'));
  if (!isCheckout) return;
  const child = spawn(process.execPath, [script, 'build-if-stale'], {
    // Whatever it says is no part of the answer of this command.
    stdio: ['ignore', process.stderr, 'inherit'],
    ...(signal === undefined ? {} : { signal }),
  });
  const [code] = await once(child, 'close').catch((error: unknown) => {
    if (signal?.aborted === true) return [0];
    throw error;
  });
  if (code !== 0 && signal?.aborted !== true)
    throw new CliError(
      'The function app could not be built.',
      `Read the lines above; \`npm run build\` in ${ROOT} builds it.`,
    );
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
      await buildIfStale();
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
        text: downText,
      });
    });
}

function downText(outcome: StopOutcome): string {
  if (outcome.outcome === 'not-running') return 'Nothing runs there.';
  const what = outcome.outcome === 'leftover-stopped' ? ', the storage of a runtime that was gone' : '';
  return `Stopped process ${outcome.pid}${what}.`;
}
