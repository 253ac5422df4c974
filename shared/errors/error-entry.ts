/**
 * What the catalogue says of one error code. Every code has one entry; the API, the CLI and the docs read it there.
 */
export interface ErrorEntry {
  /** HTTP status with which the API answers when this code is the outcome. */
  readonly status: number;
  /** Whether trying the same thing again can help without anybody changing anything. */
  readonly retry: 'transient' | 'terminal';
  /** Who can do something about it: the person who asked, or whoever runs the system. */
  readonly audience: 'operator' | 'system';
  /** One sentence: what went wrong. */
  readonly summary: string;
  /** One sentence: what to do now. */
  readonly remedy: string;
}
