import type { JobProperties } from './job-body.ts';
import type { Resource, ResourceStore } from './resource-store.ts';

/** What the stand-in remembers of a job beside its body. */
export interface JobState {
  /** As Azure ML names it. @source azure-facts.md 3.3 */
  readonly status: string;
  readonly cancelRequested: boolean;
  /** When its process was started first, milliseconds since 1970: the time limit counts from here. */
  readonly startedAtMs?: number;
  /** The end was not told yet: a crash came between. */
  readonly untold?: boolean;
  /** The job that this one is a part of, and which. */
  readonly parent?: string;
  readonly step?: string;
  /** Key of its work, where an equal job may stand for it. */
  readonly workKey?: string;
  /** The job that did the same before. */
  readonly reusedFrom?: string;
  /** Of a sweep that has completed. */
  readonly bestTrial?: string;
}

/** A stored job. */
export type Job = Resource<JobState>;

/** Statuses of jobs that have ended. */
export const endedStatuses: ReadonlySet<string> = new Set(['Completed', 'Failed', 'Canceled']);

/** The stored jobs. */
export class JobStore {
  readonly #resources: ResourceStore;

  constructor(resources: ResourceStore) {
    this.#resources = resources;
  }

  find(name: string): Job | undefined {
    return this.#resources.get<JobState>(`jobs/${name}`);
  }

  /** All jobs, newest first. */
  all(): readonly Job[] {
    return this.#resources.list<JobState>('jobs');
  }

  /** The jobs that a job is made of. */
  childrenOf(parent: string): readonly Job[] {
    return this.all().filter(({ state }) => state.parent === parent);
  }

  put(name: string, properties: object, state: JobState): void {
    this.#resources.put(`jobs/${name}`, name, { properties }, state);
  }

  change(name: string, change: Partial<JobState>): void {
    const job = this.find(name);
    if (job !== undefined) this.#resources.put(job.path, job.name, job.body, { ...job.state, ...change });
  }
}

/** @returns the properties of a command job, which were checked when it was stored */
export function propertiesOf(job: Job): JobProperties {
  return job.body['properties'] as JobProperties;
}

/** @returns whether a job is made of jobs: a pipeline or a sweep */
export function isComposite(job: Job): boolean {
  return (job.body['properties'] as { jobType?: string }).jobType !== 'Command';
}
