/** Jobs as ARM serves them. */
import { ArmError, invalid, notFound, notServed } from './arm-error.ts';
import { ok, page, type Answer, type Call } from './call.ts';
import type { WorkspaceContext } from './context.ts';
import { findCodeUri, findEnvironment } from './environment.ts';
import { fixedPartOf, readJob, type JobProperties } from './job-body.ts';
import { jobFolder } from './job-folder.ts';
import { logFile } from './job-process.ts';
import { JobRunner, type SendEvent } from './job-runner.ts';
import { endedStatuses, JobStore, propertiesOf, type Job } from './job-state.ts';
import { acceptedUntil, type Operations } from './operations.ts';

/** @source azure-facts.md 3.4 */
const nameRule = /^[a-zA-Z0-9][\w-]{0,254}$/;

/** The jobs of the workspace. */
export class Jobs {
  readonly #context: WorkspaceContext;
  readonly #store: JobStore;
  readonly #runner: JobRunner;
  readonly #operations: Operations;

  /** @param operations - where long-running operations are looked up */
  constructor(
    context: WorkspaceContext,
    operations: Operations,
    options: { readonly parallel: number; readonly sendEvent: SendEvent },
  ) {
    this.#context = context;
    this.#operations = operations;
    this.#store = new JobStore(context.resources);
    this.#runner = new JobRunner(context, this.#store, options);
    operations.add('job', ({ name }) => {
      const status = this.#store.find(name)?.state.status;
      return status === undefined || endedStatuses.has(status) ? { status: 'Succeeded' } : { status: 'InProgress' };
    });
  }

  /** Goes on with jobs that a stop or a crash interrupted. */
  resume(): void {
    this.#runner.resume();
  }

  /** Ends all processes. */
  stop(): Promise<void> {
    return this.#runner.stop();
  }

  /** Answers a request below `jobs`. */
  answer(call: Call): Answer {
    const [, name, action] = call.segments;
    if (name === undefined && call.method === 'GET')
      return page(call, this.#store.all(), this.#context.pageSize, (job) => this.#view(job));
    if (name === undefined) throw notServed(`${call.method} of jobs`);
    if (action?.toLowerCase() === 'cancel' && call.method === 'POST') return this.#cancel(name);
    if (action !== undefined) throw notServed(`${call.method} ${call.segments.join('/')}`);
    if (call.method === 'GET') return ok(this.#view(this.#required(name)));
    if (call.method === 'PUT') return this.#put(name, call.body);
    throw notServed(`${call.method} of a job`);
  }

  /** A repetition changes nothing but words and tags; another job under the name is refused. */
  #put(name: string, body: Readonly<Record<string, unknown>>): Answer {
    if (!nameRule.test(name)) throw invalid(`"${name}" is no job name: letters, digits, - and _, at most 255.`);
    const job = this.#withOutputs(name, readJob(body));
    const existing = this.#store.find(name);
    if (existing === undefined) {
      this.#checkReferences(job);
      this.#store.put(name, job, { status: 'NotStarted', cancelRequested: false });
      this.#runner.startNext();
      return { status: 201, body: this.#view(this.#required(name)) };
    }
    if (fixedPartOf(propertiesOf(existing)) !== fixedPartOf(job)) {
      throw new ArmError(
        400,
        'UserError',
        `A job with this name already exists: ${name}. Only its tags, description and display name can be changed.`,
      );
    }
    this.#store.put(name, job, existing.state);
    return ok(this.#view(this.#required(name)));
  }

  #cancel(name: string): Answer {
    const { state } = this.#required(name);
    if (!endedStatuses.has(state.status)) {
      this.#store.change(name, { status: 'CancelRequested', cancelRequested: true });
      this.#runner.cancel(name);
    }
    return acceptedUntil(this.#operations.resultUrl('job', { name }));
  }

  /** Outputs without a place get the default one of Azure ML. @source azure-facts.md 3.6 */
  #withOutputs(name: string, job: JobProperties): JobProperties {
    const outputs = Object.entries(job.outputs ?? {}).map(([output, told]) => {
      const uri = `azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.${name}/${output}/`;
      return [output, { ...told, uri: told.uri ?? uri }] as const;
    });
    return { ...job, outputs: Object.fromEntries(outputs) };
  }

  /** What a job names must be there when it is submitted. */
  #checkReferences({ environmentId, codeId, inputs, outputs }: JobProperties): void {
    const { resources, environments, storage } = this.#context;
    findEnvironment(resources, environments, environmentId);
    if (typeof codeId === 'string') findCodeUri(resources, codeId);
    for (const input of Object.values(inputs ?? {}))
      if (input.jobInputType !== 'literal')
        storage.resolve(input.uri, input.jobInputType === 'custom_model' ? 'models' : 'data');
    for (const { uri = '' } of Object.values(outputs ?? {})) storage.resolve(uri);
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
        ...propertiesOf(job),
        status: job.state.status,
        services: { Studio: { jobServiceType: 'Studio', endpoint: `file://${log}` } },
      },
      systemData: { createdAt: job.createdAt, createdByType: 'Application' },
    };
  }
}
