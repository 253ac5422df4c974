/** Told of what went wrong behind the API, where no caller waits for an answer. */
export type OnProblem = (problem: string, error: unknown) => void;

/** Work that goes on after a request was answered: followed to its end, one at a time for each key, never lost. */
export class Background {
  readonly #last = new Map<string, Promise<void>>();
  readonly #onProblem: OnProblem;

  constructor(onProblem: OnProblem) {
    this.#onProblem = onProblem;
  }

  /**
   * Starts work once the earlier work of the same key has ended.
   *
   * @param key - also names the work where it fails
   */
  run(key: string, work: () => Promise<void>): void {
    const before = this.#last.get(key) ?? Promise.resolve();
    const mine = before
      .then(work)
      .catch((error: unknown) => this.#onProblem(key, error))
      .finally(() => {
        if (this.#last.get(key) === mine) this.#last.delete(key);
      });
    this.#last.set(key, mine);
  }

  /** Resolves when what goes on under a key has ended. */
  async ended(key: string): Promise<void> {
    await this.#last.get(key);
  }

  /** Resolves when nothing is going on. */
  async settled(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values());
  }
}
