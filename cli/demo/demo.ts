import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ApiClient } from '../client/api-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { laptopTarget } from '../target.ts';
import type { Reporter } from './reporter.ts';
import { startRuntimeProcess, type RuntimeProcess } from './runtime-process.ts';
import { makeScratchRepository } from './scratch-repository.ts';
import { StoryBroken, tellStory } from './story.ts';

/** How the demo is run. */
export interface DemoOptions {
  /** Folder of this repository. */
  readonly root: string;
  /** Leave everything running. */
  readonly keep: boolean;
  readonly reporter: Reporter;
}

/**
 * Tells the demo's story in a state folder of its own.
 *
 * @returns the exit code: 0 only if all of it happened
 */
export async function runDemo({ root, keep, reporter }: DemoOptions): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), 'whence-demo-'));
  const stopping = new AbortController();
  let runtime: RuntimeProcess | undefined;
  let starting: Promise<RuntimeProcess> | undefined;
  const onSignal = (): void => stopping.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  try {
    reporter.chapter(
      'Everything on this machine',
      'The built function app, Service Bus, Event Grid, Azure ML, storage and an identity: no account, no secret.',
    );
    starting = startRuntimeProcess({
      root,
      stateFolder: join(scratch, '.whence'),
      onProgress: (component, text) => reporter.tell('started', `${component}: ${text}`),
    });
    runtime = await starting;
    stopping.signal.throwIfAborted();
    reporter.tell('ready', `${runtime.functions} functions are served at ${runtime.endpoints.app.baseUrl}.`);
    const made = await tellStory({
      api: new ApiClient(laptopTarget(runtime.endpoints)),
      blobConnection: runtime.endpoints.blob.connectionString,
      repository: await makeScratchRepository(join(scratch, 'repository'), join(root, 'pipelines', 'birdstrikes')),
      reporter,
      root,
      signal: stopping.signal,
    });
    reporter.summary(made);
    reporter.end(
      true,
      keep
        ? keptText(scratch)
        : 'All of it happened. `npm run demo -- --keep` leaves it running for you to look around.',
    );
    return exitCodes.done;
  } catch (error) {
    if (stopping.signal.aborted) {
      reporter.end(false, 'Stopped.');
      return 130;
    }
    if (!(error instanceof StoryBroken)) throw error;
    reporter.end(false, error.message);
    return exitCodes.defect;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
    runtime ??= await starting?.catch(() => undefined);
    if (keep && process.exitCode === undefined && !stopping.signal.aborted) runtime?.letGo();
    else {
      await runtime?.stop();
      await rm(scratch, { recursive: true, force: true });
    }
  }
}

function keptText(scratch: string): string {
  const state = join(scratch, '.whence');
  return [
    'All of it happened, and it goes on running. Look around:',
    `     export WHENCE_STATE=${state}`,
    '     node cli/whence.mjs run list',
    '     node cli/whence.mjs data rejected',
    '     node cli/whence.mjs endpoint show',
    `   and end it with: node cli/whence.mjs local down --state ${state}`,
  ].join('\n');
}
