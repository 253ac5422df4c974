/** Where a run stands. `refused` is an end without a fault: a gate said no and nothing was deployed. */
export const runStatuses = ['running', 'succeeded', 'refused', 'failed', 'canceled'] as const;
/** One of {@link runStatuses}. */
export type RunStatus = (typeof runStatuses)[number];
/** Statuses after which nothing changes any more. */
export const terminalRunStatuses: ReadonlySet<RunStatus> = new Set(['succeeded', 'refused', 'failed', 'canceled']);

/** The steps of a run, in order. */
export const stepNames = ['data', 'validate', 'train', 'evaluate', 'gate', 'register', 'rollout', 'announce'] as const;
/** One of {@link stepNames}. */
export type StepName = (typeof stepNames)[number];

/** Where a step stands. */
export const stepStatuses = ['pending', 'running', 'succeeded', 'refused', 'failed', 'canceled', 'skipped'] as const;
/** One of {@link stepStatuses}. */
export type StepStatus = (typeof stepStatuses)[number];
