/** What comes next in a pipeline job. Pure. */

/** How far a step is; `Waiting`: it has not begun. */
export type StepStatus = 'Waiting' | 'Going' | 'Completed' | 'Failed' | 'Canceled';

/** What to do now. */
export interface PipelinePlan {
  /** Steps that can begin. */
  readonly start: readonly string[];
  /** Steps that will never begin, and why. */
  readonly skip: ReadonlyMap<string, string>;
  /** How the pipeline ends, if it does now. */
  readonly end?: 'Completed' | 'Failed';
}

/**
 * @param after - step → steps whose outputs it needs
 * @param goOn - whether steps that do not depend on a failed one begin all the same
 */
export function planPipeline(
  after: ReadonlyMap<string, readonly string[]>,
  statusOf: (step: string) => StepStatus,
  goOn: boolean,
): PipelinePlan {
  const steps = [...after.keys()];
  const isLost = (step: string): boolean => ['Failed', 'Canceled'].includes(statusOf(step));
  const failed = steps.find(isLost);
  const skip = new Map<string, string>();
  const start: string[] = [];
  for (const step of steps.filter((one) => statusOf(one) === 'Waiting')) {
    const needed = after.get(step) ?? [];
    const lost = needed.find(isLost);
    if (lost !== undefined) skip.set(step, `it needs the step ${lost}, which did not complete`);
    else if (failed !== undefined && !goOn) skip.set(step, `the step ${failed} did not complete`);
    else if (needed.every((one) => statusOf(one) === 'Completed')) start.push(step);
  }
  const isOver = steps.every((step) => ['Completed', 'Failed', 'Canceled'].includes(statusOf(step)));
  return { start, skip, ...(isOver ? { end: failed === undefined ? 'Completed' : 'Failed' } : {}) };
}
