/** The process of a deployment: a scoring server on a loopback port of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { killGroup, startTimeOf } from './job-process.ts';

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
}

/** A scoring server that is ready. */
export interface ScoringProcess {
  readonly port: number;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Pause between looks at a server that starts. */
const LOOK_MS = 100;

/** @returns path of the log */
export function scoringLog(folder: string): string {
  return join(folder, 'server.log');
}

/**
 * Starts a scoring server and waits until it is ready.
 *
 * @throws {Error} it ended, or was not ready in time
 */
export async function startScoringProcess(options: ScoringCommand): Promise<ScoringProcess> {
  endOrphan(options.folder);
  const port = await freePort();
  const log = openSync(scoringLog(options.folder), 'a', 0o600);
  const [program, ...args] = options.command;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...options.env, PORT: String(port), HOST: '127.0.0.1' },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  if (child.pid !== undefined)
    writeFileSync(pidFile(options.folder), JSON.stringify({ pid: child.pid, startTime: startTimeOf(child.pid) }), {
      mode: 0o600,
    });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) killGroup(child.pid);
    await ended;
    rmSync(pidFile(options.folder), { force: true });
  };
  try {
    await ready(child, `http://127.0.0.1:${port}${options.readinessPath}`, options.startLimitMs);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, ended, stop };
}

async function ready(child: ChildProcess, url: string, limitMs: number): Promise<void> {
  const endMs = Date.now() + limitMs;
  let last = 'it did not answer';
  while (Date.now() < endMs) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`The scoring server ended with ${child.exitCode ?? child.signalCode}.`);
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      if (response.ok) return;
      last = `it answered ${response.status}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`The scoring server was not ready in time at ${new URL(url).pathname}: ${last}.`);
}

/** Ends a server that a crashed runtime left behind. */
function endOrphan(folder: string): void {
  if (!existsSync(pidFile(folder))) return;
  const { pid, startTime } = JSON.parse(readFileSync(pidFile(folder), 'utf8')) as { pid: number; startTime: string };
  if (startTimeOf(pid) === startTime) killGroup(pid);
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
