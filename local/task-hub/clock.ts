/** The hub's time. Tests inject one that stands still until told. */
export interface HubClock {
  nowMs(): number;
  /** Calls back at `atMs` or later. @returns a function that cancels it */
  at(atMs: number, callback: () => void): () => void;
}

/** Longest delay of one timer of Node. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's clock. */
export function systemHubClock(): HubClock {
  const at = (atMs: number, callback: () => void): (() => void) => {
    const delayMs = atMs - Date.now();
    if (delayMs > LONGEST_MS) {
      let cancel = (): void => undefined;
      const timer = setTimeout(() => {
        cancel = at(atMs, callback);
      }, LONGEST_MS);
      return () => {
        clearTimeout(timer);
        cancel();
      };
    }
    const timer = setTimeout(callback, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  };
  return { nowMs: () => Date.now(), at };
}

/** A clock that stands still until a test moves it. */
export class VirtualClock implements HubClock {
  #nowMs: number;
  #timers: { readonly atMs: number; readonly callback: () => void }[] = [];

  /** @param startMs - where it stands first */
  constructor(startMs = Date.parse('2026-01-01T00:00:00Z')) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, callback: () => void): () => void {
    const timer = { atMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** When the next timer is due, or undefined. */
  nextMs(): number | undefined {
    return this.#timers.reduce<number | undefined>(
      (earliest, one) => (earliest === undefined || one.atMs < earliest ? one.atMs : earliest),
      undefined,
    );
  }

  /** Moves to `toMs` and calls what is due on the way, in order. */
  moveTo(toMs: number): void {
    for (let next = this.nextMs(); next !== undefined && next <= toMs; next = this.nextMs()) {
      this.#nowMs = Math.max(this.#nowMs, next);
      const due = this.#timers.find((one) => one.atMs === next);
      this.#timers = this.#timers.filter((one) => one !== due);
      due?.callback();
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }
}
