/** Jobs as ARM serves them. */
import { rmSync } from 'node:fs';

import { ArmError, conflict, invalid, notFound, notServed } from './arm-error.ts';
import { ok, page, type Answer, type Call } from './call.ts';
import type { WorkspaceContext } from './context.ts';
import { Composites } from './composite/composites.ts';
import { earlierJob, workKey } from './composite/reuse.ts';
import { fixedPartOf, type JobProperties } from './job-body.ts';
import { checkReferences, readJob, type AnyJob } from './job-kinds.ts';
import { jobFolder } from './job-folder.ts';
import { logFile } from './job-process.ts';
import { JobRunner, type SendEvent } from './job-runner.ts';
import { endedStatuses, isComposite, JobStore, type Job } from './job-state.ts';
import type { JobOutput } from './job-body.ts';
import { acceptedUntil, type Operations } from './operations.ts';

/** Reports of a metric by a job, oldest first. */
export type MetricReports = (job: string, metric: string) => readonly number[];

/** @source azure-facts.md 3.4 */
const nameRule = /^[a-zA-Z0-9][\w-]{0,254}$/;

/** The jobs of the workspace. */
export class Jobs {
  readonly #context: WorkspaceContext;
  readonly #store: JobStore;
  readonly #runner: JobRunner;
  readonly #composites: Composites;
  readonly #operations: Operations;

  /** @param operations - where long-running operations are looked up */
  constructor(
    context: WorkspaceContext,
    operations: Operations,
    options: { readonly parallel: number; readonly sendEvent: SendEvent; readonly metrics: MetricReports },
  ) {
    this.#context = context;
    this.#operations = operations;
    this.#store = new JobStore(context.resources);
    this.#runner = new JobRunner(context, this.#store, {
      ...options,
      onEnded: ({ state: { parent } }) => (parent === undefined ? undefined : this.#composites.advance(parent)),
    });
    this.#composites = new Composites(context, this.#store, {
      submit: (job) => this.#submitPart(job),
      cancel: (name) => this.#cancelJob(name),
      end: (job, status) => this.#runner.end(job, status),
      metrics: options.metrics,
    });
    operations.add('job', ({ name }) => {
      const status = this.#store.find(name)?.state.status;
      return status === undefined || endedStatuses.has(status) ? { status: 'Succeeded' } : { status: 'InProgress' };
    });
  }

  /** Goes on with jobs that a stop or a crash interrupted. */
  resume(): void {
    this.#runner.resume();
    this.#composites.resume();
  }

  /** Ends all processes. */
  stop(): Promise<void> {
    this.#composites.stop();
    return this.#runner.stop();
  }

  /** Answers a request below `jobs`. */
  answer(call: Call): Answer {
    const [, name, action] = call.segments;
    if (name === undefined && call.method === 'GET')
      return page(call, this.#listed(call), this.#context.pageSize, (job) => this.#view(job));
    if (name === undefined) throw notServed(`${call.method} of jobs`);
    if (action?.toLowerCase() === 'cancel' && call.method === 'POST') return this.#cancel(name);
    if (action !== undefined) throw notServed(`${call.method} ${call.segments.join('/')}`);
    if (call.method === 'GET') return ok(this.#view(this.#required(name)));
    if (call.method === 'PUT') return this.#put(name, call.body);
    if (call.method === 'DELETE') return this.#delete(name);
    throw notServed(`${call.method} of a job`);
  }

  /** A repetition changes nothing but words and tags; another job under the name is refused. */
  #put(name: string, body: Readonly<Record<string, unknown>>): Answer {
    if (!nameRule.test(name)) throw invalid(`"${name}" is no job name: letters, digits, - and _, at most 255.`);
    const job = this.#withOutputs(name, readJob(body, this.#context.resources));
    const existing = this.#store.find(name);
    if (existing === undefined) {
      checkReferences(job, this.#context);
      this.#store.put(name, job, { status: 'NotStarted', cancelRequested: false });
      this.#begin(name);
      return { status: 201, body: this.#view(this.#required(name)) };
    }
    const before = existing.body['properties'] as object;
    if (fixedPartOf(before) !== fixedPartOf(job)) {
      throw new ArmError(
        400,
        'UserError',
        `A job with this name already exists: ${name}. Only its tags, description and display name can be changed.`,
      );
    }
    this.#store.put(name, job, existing.state);
    return ok(this.#view(this.#required(name)));
  }

  #begin(name: string): void {
    if (isComposite(this.#required(name))) this.#composites.advance(name);
    else this.#runner.startNext();
  }

  /** A job of a pipeline or a sweep. A repetition changes nothing. */
  async #submitPart(part: Parameters<ConstructorParameters<typeof Composites>[2]['submit']>[0]): Promise<void> {
    const { name, parent, step } = part;
    if (this.#store.find(name) !== undefined) return;
    const read = readJob({ properties: part.properties }, this.#context.resources);
    const state = { status: 'NotStarted', cancelRequested: false, parent, step };
    if (part.reusable && read.jobType === 'Command') {
      const key = await workKey(read, this.#context.storage);
      const earlier = earlierJob(key, this.#store);
      if (earlier !== undefined) {
        const outputs = await this.#outputsOfEarlier(name, read, earlier);
        this.#store.put(name, { ...read, outputs }, { ...state, status: 'Completed', reusedFrom: earlier.name });
        return;
      }
      this.#store.put(name, this.#withOutputs(name, read), { ...state, workKey: key });
    } else this.#store.put(name, this.#withOutputs(name, read), state);
    this.#begin(name);
  }

  /** Outputs stay where the earlier job left them; one that has a place of its own is copied there. */
  async #outputsOfEarlier(name: string, job: JobProperties, earlier: Job): Promise<Record<string, JobOutput>> {
    const { storage } = this.#context;
    const before = (earlier.body['properties'] as JobProperties).outputs ?? {};
    const placed = this.#withOutputs(name, job).outputs ?? {};
    const entries = Object.entries(job.outputs ?? {}).map(async ([output, told]) => {
      const from = before[output];
      const to = placed[output];
      if (from?.uri === undefined || to?.uri === undefined)
        throw new Error(`Output ${output} of ${earlier.name} is gone.`);
      if (told.uri === undefined) return [output, from] as const;
      await storage.copy(storage.resolve(from.uri), storage.resolve(to.uri));
      return [output, to] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  #delete(name: string): Answer {
    const job = this.#store.find(name);
    if (job === undefined) return { status: 204 };
    if (!endedStatuses.has(job.state.status)) throw conflict(`Job ${name} is ${job.state.status}: cancel it first.`);
    for (const part of this.#store.childrenOf(name)) this.#delete(part.name);
    rmSync(jobFolder(this.#context, name), { recursive: true, force: true });
    this.#context.resources.remove(job.path);
    return acceptedUntil(this.#operations.resultUrl('job', { name }));
  }

  #cancel(name: string): Answer {
    this.#required(name);
    this.#cancelJob(name);
    return acceptedUntil(this.#operations.resultUrl('job', { name }));
  }

  #cancelJob(name: string): void {
    const job = this.#required(name);
    if (endedStatuses.has(job.state.status)) return;
    this.#store.change(name, { status: 'CancelRequested', cancelRequested: true });
    if (isComposite(job)) this.#composites.advance(name);
    else this.#runner.cancel(name);
  }

  /** The jobs that were submitted, or with `parentJobName` those that a job is made of. */
  #listed({ url }: Call): readonly Job[] {
    const parameter = (name: string): string | null => url.searchParams.get(name);
    const jobType = parameter('jobType');
    const tag = parameter('tag');
    const archived = parameter('listViewType') ?? 'ActiveOnly';
    return this.#store.all().filter((job) => {
      const properties = job.body['properties'] as {
        jobType: string;
        tags?: Record<string, string>;
        isArchived?: boolean;
      };
      if ((job.state.parent ?? null) !== parameter('parentJobName')) return false;
      if (jobType !== null && properties.jobType !== jobType) return false;
      if (tag !== null && !hasTag(properties.tags ?? {}, tag)) return false;
      return archived === 'All' || (archived === 'ArchivedOnly') === (properties.isArchived ?? false);
    });
  }

  /** Outputs without a place get the default one of Azure ML. @source azure-facts.md 3.6 */
  #withOutputs<One extends AnyJob>(name: string, job: One): One {
    const outputs = Object.entries(job.outputs ?? {}).map(([output, told]) => {
      // What `artifacts` names is everything that a job leaves by default: `outputs` and `logs` of its folder.
      const folder = output === 'artifacts' ? '' : '${{output_name}}/';
      const place =
        told.uri ?? `azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.\${{name}}/${folder}`;
      const filled = place
        .replaceAll('${{name}}', name)
        .replaceAll('${{output_name}}', output)
        .replaceAll('${{default_datastore}}', 'workspaceblobstore');
      const isFile = told.jobOutputType === 'uri_file' && filled.endsWith('/');
      return [output, { ...told, uri: isFile ? `${filled}${output}` : filled }] as const;
    });
    return { ...job, outputs: Object.fromEntries(outputs) };
  }

  #required(name: string): Job {
    const job = this.#store.find(name);
    if (job === undefined) throw notFound(`Job ${name}`);
    return job;
  }

  #view(job: Job): Record<string, unknown> {
    const { workspaceId } = this.#context;
    const log = logFile(jobFolder(this.#context, job.name));
    return {
      id: `${workspaceId}/jobs/${job.name}`,
      name: job.name,
      type: 'Microsoft.MachineLearningServices/workspaces/jobs',
      properties: {
        ...(job.body['properties'] as object),
        status: job.state.status,
        ...partOf(job),
        services: { Studio: { jobServiceType: 'Studio', endpoint: `file://${log}` } },
      },
      systemData: { createdAt: job.createdAt, createdByType: 'Application' },
    };
  }
}

/** What is said of a job that is part of another, stands for an earlier one, or has a best trial. */
function partOf({ body, state }: Job): Record<string, unknown> {
  const { parent, reusedFrom, bestTrial } = state;
  const { properties = {} } = body['properties'] as { properties?: Readonly<Record<string, string>> | null };
  const told = {
    ...properties,
    ...(parent === undefined ? {} : { 'azureml.parentrunid': parent }),
    ...(reusedFrom === undefined ? {} : { 'azureml.isreused': 'true', 'azureml.rootpipelinereusedrunid': reusedFrom }),
    ...(bestTrial === undefined ? {} : { best_child_run_id: bestTrial }),
  };
  return { properties: told, ...(parent === undefined ? {} : { parentJobName: parent }) };
}

/** @param tag - `name` or `name=value` */
function hasTag(tags: Readonly<Record<string, string>>, tag: string): boolean {
  const [name = '', value] = tag.split('=');
  return Object.hasOwn(tags, name) && (value === undefined || tags[name] === value);
}
