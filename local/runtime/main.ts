/**
 * The runtime as a process of its own: `node local/runtime/main.ts [--state <folder>] [--app <folder>]`. It says what it
 * does as JSON lines, the last of them `{"ready":true,"endpoints":…}`, and stops on SIGINT or SIGTERM.
 */
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';

import { RuntimeAlreadyRunning } from './already-running.ts';
import { startRuntime, STATE_FOLDER, type Runtime } from './start-runtime.ts';

const { values } = parseArgs({
  options: {
    state: { type: 'string', default: STATE_FOLDER },
    app: { type: 'string', default: dirname(dirname(import.meta.dirname)) },
    'no-chaos': { type: 'boolean', default: false },
  },
});

// Who started it may go away and leave it running: what it says is then for nobody, and no reason to end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

let runtime: Promise<Runtime> | undefined;
let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));

try {
  runtime = startRuntime({
    stateFolder: values.state,
    appDirectory: values.app,
    chaos: !values['no-chaos'],
    onProgress: say,
    onLog: say,
  });
  const { endpoints, functions } = await runtime;
  say({ ready: true, endpoints, functions });
} catch (error) {
  say({ failed: true, message: error instanceof Error ? error.message : String(error) });
  process.exitCode = error instanceof RuntimeAlreadyRunning ? 1 : 2;
}

async function stop(signal: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  say({ stopping: signal });
  try {
    await (await runtime)?.stop();
    say({ stopped: true });
    process.exit(0);
  } catch (error) {
    say({ failed: true, message: error instanceof Error ? error.message : String(error) });
    process.exit(2);
  }
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
