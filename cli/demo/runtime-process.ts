import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { z } from 'zod';

import { CliError } from '../cli-error.ts';
import { laptopEndpoints, type LaptopEndpoints } from '../laptop-state.ts';

/** The laptop runtime in a process of its own. */
export interface RuntimeProcess {
  readonly endpoints: LaptopEndpoints;
  readonly functions: number;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  /** Asks it to stop, and waits. */
  stop(): Promise<void>;
  /** Lets it go on when this process ends. */
  letGo(): void;
}

/** One line that the runtime said. */
const said = z.looseObject({
  component: z.string().optional(),
  text: z.string().optional(),
  ready: z.boolean().optional(),
  failed: z.boolean().optional(),
  message: z.string().optional(),
  endpoints: z.unknown().optional(),
  functions: z.array(z.unknown()).optional(),
});

/** What is started. */
export interface RuntimeProcessOptions {
  /** Folder of this repository. */
  readonly root: string;
  readonly stateFolder: string;
  readonly onProgress: (component: string, text: string) => void;
  readonly args?: readonly string[];
}

/**
 * Starts the runtime and waits until it is ready.
 *
 * @throws {CliError} it could not start
 */
export async function startRuntimeProcess({
  root,
  stateFolder,
  onProgress,
  args = [],
}: RuntimeProcessOptions): Promise<RuntimeProcess> {
  const child = spawn(
    process.execPath,
    [join(root, 'local', 'runtime', 'main.ts'), '--state', stateFolder, '--app', root, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const errors: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const ready = await waitUntilReady(child, errors, onProgress);
  return {
    endpoints: laptopEndpoints.parse(ready.endpoints),
    functions: ready.functions?.length ?? 0,
    ended,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
    letGo() {
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
    },
  };
}

function waitUntilReady(
  child: ChildProcess,
  errors: readonly string[],
  onProgress: RuntimeProcessOptions['onProgress'],
): Promise<z.output<typeof said>> {
  return new Promise((resolve, reject) => {
    child.once('close', (code) =>
      reject(
        new CliError(
          `The runtime ended with code ${code}. ${errors.join('').split('\n').slice(-5).join('\n')}`,
          'Read the lines above; `whence local down` ends a runtime that is left.',
        ),
      ),
    );
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const parsed = said.safeParse(parse(line));
      if (!parsed.success) return;
      const { component, text, ready, failed, message } = parsed.data;
      if (ready === true) resolve(parsed.data);
      else if (failed === true)
        reject(
          new CliError(
            message ?? 'The runtime failed.',
            'Read what it says; `whence local down` ends a runtime that is left.',
          ),
        );
      else if (component !== undefined) onProgress(component, text ?? '');
    });
  });
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
