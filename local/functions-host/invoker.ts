import type { InvocationRequest, InvocationResult, RegisteredFunction, Worker } from '../worker/worker.ts';

/** What came of an invocation. */
export type Invocation = Pick<InvocationResult, 'outputs' | 'returnValue' | 'error'>;

/** Longest time that a stopping host waits for what runs. @source local-runtime.md §2.6: a host ended after 8 s */
const DRAIN_MS = 10_000;

/**
 * Invokes functions for the triggers: tells of every failure, ends the wait at `functionTimeout`, and knows what runs.
 *
 * @source local-runtime.md §2.6. In Azure the worker process is killed at the limit, with everything it was doing. Here
 * it shares the process with the runtime, so the function goes on unheard, and the log says so.
 */
export class Invoker {
  readonly #worker: Worker;
  readonly #timeoutMs: number;
  readonly #timeoutText: string;
  readonly #onError: (fn: RegisteredFunction, error: Error) => void;
  readonly #running = new Set<Promise<unknown>>();

  /**
   * @param timeout - `functionTimeout` as host.json has it, for messages
   * @param timeoutMs - the same in milliseconds
   */
  constructor(
    worker: Worker,
    timeout: string,
    timeoutMs: number,
    onError: (fn: RegisteredFunction, error: Error) => void,
  ) {
    this.#worker = worker;
    this.#timeoutText = timeout;
    this.#timeoutMs = timeoutMs;
    this.#onError = onError;
  }

  /** Never rejects: a failure is in `error`, and was told of. */
  async invoke(fn: RegisteredFunction, request: InvocationRequest): Promise<Invocation> {
    const work = this.#worker
      .invoke(fn.name, request)
      .catch((error: unknown): Invocation => ({ outputs: {}, returnValue: undefined, error: toError(error) }));
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
    const result = await this.#withTimeout(fn, work);
    if (result.error !== undefined) this.#onError(fn, result.error);
    return result;
  }

  /** Waits for what runs, for a limited time. @returns how many are still running */
  async drain(): Promise<number> {
    await withDeadline(Promise.allSettled(this.#running), DRAIN_MS);
    return this.#running.size;
  }

  async #withTimeout(fn: RegisteredFunction, work: Promise<Invocation>): Promise<Invocation> {
    const result = await withDeadline(work, this.#timeoutMs);
    if (result !== undefined) return result;
    return {
      outputs: {},
      returnValue: undefined,
      error: new Error(
        `Timeout value of ${this.#timeoutText} was exceeded by function: Functions.${fn.name}. In Azure its worker is killed now, with everything else it was doing.`,
      ),
    };
  }
}

/** Longest delay of one timer of Node; a longer limit is none. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @returns what `work` gives, or undefined where that takes longer than `limitMs` */
export async function withDeadline<T>(work: Promise<T>, limitMs: number): Promise<T | undefined> {
  if (limitMs > LONGEST_TIMER_MS) return work;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), limitMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function toError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
