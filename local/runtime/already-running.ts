import { readEndpoints, type RuntimeEndpoints } from './endpoints.ts';
import { lockOwner } from './instance-lock.ts';

/** A runtime already uses this state folder. */
export class RuntimeAlreadyRunning extends Error {
  override readonly name = 'RuntimeAlreadyRunning';
  readonly pid: number | undefined;
  /** Where the other one listens; undefined while it is still starting. */
  readonly endpoints: RuntimeEndpoints | undefined;
  /** Whether its function app answered just now. */
  readonly isHealthy: boolean;

  constructor(found: {
    readonly pid: number | undefined;
    readonly endpoints: RuntimeEndpoints | undefined;
    readonly isHealthy: boolean;
  }) {
    const who = found.pid === undefined ? 'by another process' : `by process ${found.pid}`;
    const where =
      found.endpoints === undefined
        ? 'it is still starting'
        : `its app is at ${found.endpoints.app.baseUrl}${found.isHealthy ? '' : ', but does not answer'}`;
    super(`A Whence runtime is running already, ${who}; ${where}.`);
    this.pid = found.pid;
    this.endpoints = found.endpoints;
    this.isHealthy = found.isHealthy;
  }
}

/** Longest wait for the answer of a running app. */
const HEALTH_MS = 5_000;

/** @returns what is known of the runtime that holds the lock of a state folder */
export async function describeRunning(stateFolder: string): Promise<RuntimeAlreadyRunning> {
  const endpoints = readEndpoints(stateFolder);
  return new RuntimeAlreadyRunning({
    pid: lockOwner(stateFolder)?.pid,
    endpoints,
    isHealthy: endpoints !== undefined && (await isHealthy(endpoints.app.baseUrl)),
  });
}

/** @returns whether the app's health function answers with success */
export async function isHealthy(baseUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${baseUrl}/api/health`, { signal: AbortSignal.timeout(HEALTH_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    if (error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError')) return false;
    throw error;
  }
}
