interface Waiting {
  readonly write: () => void;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Writes that are asked for in the same moment share one transaction and one flush to disk. */
export class GroupCommit {
  readonly #transaction: (write: () => void) => void;
  #waiting: Waiting[] = [];

  /** @param transaction - runs what it is given, all or nothing */
  constructor(transaction: (write: () => void) => void) {
    this.#transaction = transaction;
  }

  /** Whether nothing waits to be written. */
  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Resolves when `write` is on the disk. */
  commit(write: () => void): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ write, done, failed });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    try {
      this.#transaction(() => {
        for (const { write } of group) write();
      });
    } catch (error) {
      for (const { failed } of group) failed(error);
      return;
    }
    for (const { done } of group) done();
  }
}
