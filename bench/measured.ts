/** One figure of a benchmark. */
export interface Measured {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it should be, for people. */
  readonly goal?: string;
}
