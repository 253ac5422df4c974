/** The process of a deployment: a scoring server on a loopback port of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { z } from 'zod';

import { endGroup, isRunning, startTimeOf } from './process-group.ts';

/** What is started. */
export interface ScoringCommand {
  /** Program and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Folder for the log and the process id. */
  readonly folder: string;
  readonly readinessPath: string;
  readonly startLimitMs: number;
  /** Gives up waiting. */
  readonly signal: AbortSignal;
}

/** A scoring server that is ready. */
export interface ScoringProcess {
  readonly port: number;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const noted = z.object({ pid: z.int().positive(), startTime: z.string() });
/** Pause between looks at a server that starts. */
const LOOK_MS = 100;
/** Longest answer of a server that starts. */
const PROBE_MS = 2_000;

/** @returns path of the log */
export function scoringLog(folder: string): string {
  return join(folder, 'server.log');
}

/**
 * Starts a scoring server and waits until it is ready.
 *
 * @throws {Error} it ended, or was not ready in time, or the signal was given
 */
export async function startScoringProcess(options: ScoringCommand): Promise<ScoringProcess> {
  const { folder, signal } = options;
  await endOrphan(folder);
  const port = await freePort();
  const log = openSync(scoringLog(folder), 'a', 0o600);
  const [program, ...args] = options.command;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...options.env, PORT: String(port), HOST: '127.0.0.1' },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw (await once(child, 'error'))[0];
  writeFileSync(pidFile(folder), JSON.stringify({ pid, startTime: startTimeOf(pid) }), { mode: 0o600 });
  const ended = once(child, 'close').then(() => undefined);
  const stop = async (): Promise<void> => {
    await endGroup(pid);
    await ended;
    rmSync(pidFile(folder), { force: true });
  };
  try {
    await ready(child, `http://127.0.0.1:${port}${options.readinessPath}`, options.startLimitMs, signal);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, ended, stop };
}

async function ready(child: ChildProcess, url: string, limitMs: number, signal: AbortSignal): Promise<void> {
  const endMs = performance.now() + limitMs;
  let last = 'it did not answer';
  while (performance.now() < endMs) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`The scoring server ended with ${child.exitCode ?? child.signalCode} before it was ready.`);
    try {
      const response = await fetch(url, { signal: AbortSignal.any([AbortSignal.timeout(PROBE_MS), signal]) });
      if (response.ok) return;
      last = `it answered ${response.status}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await pause(LOOK_MS, undefined, { signal });
  }
  throw new Error(`The scoring server was not ready within ${limitMs / 1_000} s at ${new URL(url).pathname}: ${last}.`);
}

/** Ends a server that a crashed runtime left behind. */
async function endOrphan(folder: string): Promise<void> {
  if (!existsSync(pidFile(folder))) return;
  const known = noted.parse(JSON.parse(readFileSync(pidFile(folder), 'utf8')));
  if (isRunning(known)) await endGroup(known.pid);
  rmSync(pidFile(folder), { force: true });
}

function pidFile(folder: string): string {
  return join(folder, 'server.json');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
