/** Exit codes of the CLI. */
export const exitCodes = {
  /** Done. */
  done: 0,
  /** The user can fix it. */
  fixable: 1,
  /** A defect of ours. */
  defect: 2,
} as const;
