/**
 * A job's process. It writes to files and leaves its exit code in one, so that it survives a crash of the runtime and
 * can be found again.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is started. */
export interface JobCommand {
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Folder for the log, the exit code and the process id. */
  readonly folder: string;
}

/** Pause between looks at a process that this runtime did not start. */
const LOOK_MS = 200;
/** Time between asking a process group to end and killing it. */
const GRACE_MS = 3_000;

/** A running process group. */
export interface JobProcess {
  /** Resolves with the exit code; undefined if the process vanished without one. */
  readonly ended: Promise<number | undefined>;
  kill(): void;
}

/** @returns path of the log in the job's folder */
export function logFile(folder: string): string {
  return join(folder, 'std_log.txt');
}

const exitFile = (folder: string): string => join(folder, 'exit-code');
const pidFile = (folder: string): string => join(folder, 'process.json');

/** Starts a job's command in a process group of its own. */
export function startJobProcess({ command, cwd, env, folder }: JobCommand): JobProcess {
  rmSync(exitFile(folder), { force: true });
  const log = openSync(logFile(folder), 'a', 0o600);
  // The command is an argument of its own: nothing of it is read by this wrapper.
  const wrapper = 'bash -c "$1"; code=$?; echo $code > "$2.new" && mv "$2.new" "$2"; exit $code';
  const child = spawn('bash', ['-c', wrapper, 'job', command, exitFile(folder)], {
    cwd,
    env: { ...env },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined)
    return { ended: new Promise((resolve) => child.once('error', () => resolve(undefined))), kill: () => undefined };
  writeFileSync(pidFile(folder), JSON.stringify({ pid, startTime: startTimeOf(pid) }), { mode: 0o600 });
  const ended = new Promise<number | undefined>((resolve) => child.once('close', () => resolve(exitCode(folder))));
  return { ended, kill: () => killGroup(pid) };
}

/** @returns the process that an earlier runtime started, its exit code, or undefined if there is neither */
export function findJobProcess(folder: string): JobProcess | undefined {
  const code = exitCode(folder);
  if (code !== undefined) return { ended: Promise.resolve(code), kill: () => undefined };
  const known = readPid(folder);
  if (known === undefined || startTimeOf(known.pid) !== known.startTime) return undefined;
  return { ended: watch(known, folder), kill: () => killGroup(known.pid) };
}

async function watch(
  known: { readonly pid: number; readonly startTime: string },
  folder: string,
): Promise<number | undefined> {
  while (startTimeOf(known.pid) === known.startTime) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  return exitCode(folder);
}

function exitCode(folder: string): number | undefined {
  return existsSync(exitFile(folder)) ? Number(readFileSync(exitFile(folder), 'utf8')) : undefined;
}

function readPid(folder: string): { readonly pid: number; readonly startTime: string } | undefined {
  return existsSync(pidFile(folder))
    ? (JSON.parse(readFileSync(pidFile(folder), 'utf8')) as { pid: number; startTime: string })
    : undefined;
}

/** When a process started, as Linux tells it: a process id alone may have been used again. Empty: it is not there. */
export function startTimeOf(pid: number): string {
  try {
    process.kill(pid, 0);
    const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : 'x) alive';
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? 'alive');
  } catch {
    return '';
  }
}

/** Ends a process group: politely, then for sure. */
export function killGroup(pid: number): void {
  signal(pid, 'SIGTERM');
  setTimeout(() => signal(pid, 'SIGKILL'), GRACE_MS).unref();
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
