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

  put(name: string, properties: JobProperties, state: JobState): void {
    this.#resources.put(`jobs/${name}`, name, { properties }, state);
  }

  change(name: string, change: Partial<JobState>): void {
    const job = this.find(name);
    if (job !== undefined) this.#resources.put(job.path, job.name, job.body, { ...job.state, ...change });
  }
}

/** @returns the properties that were checked when the job was stored */
export function propertiesOf(job: Job): JobProperties {
  return job.body['properties'] as JobProperties;
}
