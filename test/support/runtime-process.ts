import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { RuntimeEndpoints } from '#local/runtime/endpoints.ts';

const main = join(import.meta.dirname, '..', '..', 'local', 'runtime', 'main.ts');

/** The laptop runtime in a process of its own. */
export interface RuntimeProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly endpoints: RuntimeEndpoints;
  /** Sends a signal and waits for the end. @returns the exit code, null where a signal ended it */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** What it said last, where it did not start. */
export class RuntimeDidNotStart extends Error {
  readonly code: number | null;

  constructor(message: string, code: number | null) {
    super(message);
    this.code = code;
  }
}

/**
 * Starts the runtime as `whence local up` does.
 *
 * @param appDirectory - folder of a built app
 * @throws {RuntimeDidNotStart} with what it said
 */
export async function startRuntimeProcess(stateFolder: string, appDirectory: string): Promise<RuntimeProcess> {
  const child = spawn(process.execPath, [main, '--state', stateFolder, '--app', appDirectory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stderr: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk.toString()));
  let last: { message?: string } = {};
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line) as { message?: string };
    if (!('ready' in last)) continue;
    child.stdout.resume();
    const exited = once(child, 'exit') as Promise<[number | null]>;
    const { endpoints } = last as unknown as { endpoints: RuntimeEndpoints };
    return {
      child,
      pid: child.pid ?? 0,
      endpoints,
      end: async (signal) => {
        child.kill(signal);
        return (await exited)[0];
      },
    };
  }
  const code = child.exitCode ?? ((await once(child, 'exit')) as [number | null])[0];
  throw new RuntimeDidNotStart(`${last.message ?? ''} ${stderr.join('')}`, code);
}

/** Command lines of the processes that were told of a folder. */
export function processesOf(folder: string): string[] {
  const all = execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' });
  return all.split('\n').filter((line) => line.includes(folder));
}
