/**
 * What triggers, activities and the reconciler ask of the durable engine.
 *
 * Implemented over the `durable-functions` client in `functions/durable/`; a fake serves the simulation.
 */

/** Runtime status of an instance, as the extension names it, or that it is not known. */
export type InstanceStatus =
  | 'Pending'
  | 'Running'
  | 'Suspended'
  | 'ContinuedAsNew'
  | 'Completed'
  | 'Failed'
  | 'Terminated'
  | 'Canceled'
  | 'unknown';

/** Statuses of instances that will do nothing any more; `unknown` (never started, or purged) is one of them. */
export const endedInstanceStatuses: ReadonlySet<InstanceStatus> = new Set([
  'Completed',
  'Failed',
  'Terminated',
  'Canceled',
  'unknown',
]);

/** The port. Methods throw `WhenceError` `run.engine-unavailable` (transient) when the engine does not answer. */
export interface OrchestrationClient {
  /**
   * Starts an instance. An ended instance of that id is silently started again (so callers fence by rows).
   * @returns `alive` if an instance of that id has not ended
   */
  start(
    orchestration: string,
    instanceId: string,
    input: Readonly<Record<string, unknown>>,
  ): Promise<'started' | 'alive'>;
  /** @returns false if there is no such instance; an event for one that has ended is dropped */
  raiseEvent(instanceId: string, event: string, data: Readonly<Record<string, unknown>>): Promise<boolean>;
  /** @returns the status, `unknown` where there is no such instance */
  status(instanceId: string): Promise<InstanceStatus>;
}
