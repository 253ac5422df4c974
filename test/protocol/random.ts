/** Random choices that a seed determines. */
export class Random {
  #state: number;

  /** @param seed - any integer */
  constructor(seed: number) {
    this.#state = (seed * 0x9e37_79b1) >>> 0;
  }

  /** @returns a number in [0, 1). @source mulberry32, https://github.com/cprosche/mulberry32 (public domain) */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** @returns an integer from `from` to `to`, both included */
  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** @returns whether something of this probability happens */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @returns one of them */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new RangeError('There is nothing to pick from.');
    return item;
  }
}
