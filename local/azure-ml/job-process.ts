/**
 * A job's process. It writes to files and leaves its exit code in one, so that it survives a crash of the runtime and
 * can be found again.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { endGroup, ended, isRunning, startTimeOf } from './process-group.ts';

export { startTimeOf } from './process-group.ts';

/** What is started. */
export interface JobCommand {
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Folder for the log, the exit code and the process id; new for each start. */
  readonly folder: string;
}

/** A running process group. */
export interface JobProcess {
  /** Resolves with the exit code; undefined if the process was killed or vanished without one. */
  readonly ended: Promise<number | undefined>;
  /** Ends the whole group; resolves when it is gone. */
  kill(): Promise<void>;
}

const known = z.object({ pid: z.int().positive(), startTime: z.string() });
/** The command is an argument of its own: nothing of it is read by this wrapper. */
const WRAPPER = 'bash -c "$1"; code=$?; echo $code > "$2.new" && mv "$2.new" "$2"; exit $code';

/** @returns path of the log in the job's folder */
export function logFile(folder: string): string {
  return join(folder, 'std_log.txt');
}

const exitFile = (folder: string): string => join(folder, 'exit-code');
const processFile = (folder: string): string => join(folder, 'process.json');

/**
 * Starts a job's command in a process group of its own.
 *
 * @throws {Error} there is no bash
 */
export async function startJobProcess({ command, cwd, env, folder }: JobCommand): Promise<JobProcess> {
  const log = openSync(logFile(folder), 'a', 0o600);
  const child = spawn('bash', ['-c', WRAPPER, 'job', command, exitFile(folder)], {
    cwd,
    env: { ...env },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw await failedToStart(child);
  const closed = once(child, 'close');
  writeFileSync(processFile(folder), JSON.stringify({ pid, startTime: startTimeOf(pid) }), { mode: 0o600 });
  return { ended: closed.then(() => result(pid, folder)), kill: () => endGroup(pid) };
}

/** @returns the process that an earlier runtime started, or its exit code; undefined if there is neither */
export function findJobProcess(folder: string): JobProcess | undefined {
  const code = exitCode(folder);
  if (code !== undefined) return { ended: Promise.resolve(code), kill: () => Promise.resolve() };
  if (!existsSync(processFile(folder))) return undefined;
  const noted = known.parse(JSON.parse(readFileSync(processFile(folder), 'utf8')));
  if (!isRunning(noted)) return undefined;
  return { ended: ended(noted).then(() => result(noted.pid, folder)), kill: () => endGroup(noted.pid) };
}

/** What a job leaves running in its group ends with it, as it would with its container. */
async function result(pid: number, folder: string): Promise<number | undefined> {
  await endGroup(pid);
  return exitCode(folder);
}

function exitCode(folder: string): number | undefined {
  return existsSync(exitFile(folder)) ? Number(readFileSync(exitFile(folder), 'utf8')) : undefined;
}

async function failedToStart(child: ReturnType<typeof spawn>): Promise<Error> {
  const [error] = (await once(child, 'error')) as [Error];
  return error;
}
