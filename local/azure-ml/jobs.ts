/** Command jobs: checked at submission, run as processes, their outputs stored as Azure ML would. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { ArmError, invalid, notServed } from './arm-error.ts';
import { findEnvironment, pathOf, type LaptopEnvironment } from './environment.ts';
import { findJobProcess, logFile, startJobProcess, type JobProcess } from './job-process.ts';
import type { Resource, ResourceStore } from './resource-store.ts';
import type { WorkspaceStorage } from './workspace-storage.ts';

/** What the stand-in remembers of a job. */
interface JobState {
  readonly status: string;
  readonly cancelRequested: boolean;
  /** The end was not told yet: a crash came between. */
  readonly untold?: boolean;
}

type Job = Resource<JobState>;

interface JobInput {
  readonly jobInputType: string;
  readonly uri?: string;
  readonly value?: string;
}

interface JobProperties {
  readonly jobType: string;
  readonly command: string;
  readonly codeId?: string;
  readonly environmentId: string;
  readonly inputs?: Readonly<Record<string, JobInput>>;
  readonly outputs?: Readonly<Record<string, { readonly jobOutputType: string; readonly uri?: string }>>;
  readonly environmentVariables?: Readonly<Record<string, string>>;
  readonly resources?: { readonly instanceCount?: number; readonly instanceType?: string };
  readonly limits?: { readonly timeout?: string };
  readonly experimentName?: string;
}

/** What jobs need. */
export interface JobsContext {
  /** State folder of the stand-in. */
  readonly folder: string;
  readonly resources: ResourceStore;
  readonly storage: WorkspaceStorage;
  readonly environments: Readonly<Record<string, LaptopEnvironment>>;
  /** ARM id of the workspace. */
  readonly workspaceId: string;
  readonly sendEvent: (event: Readonly<Record<string, unknown>>) => Promise<void>;
}

/** Jobs that run at the same time. */
const PARALLEL = 2;
const ended = new Set(['Completed', 'Failed', 'Canceled']);

/** The jobs of the workspace. */
export class Jobs {
  readonly #context: JobsContext;
  readonly #running = new Map<string, { process: JobProcess | undefined }>();
  readonly #work = new Set<Promise<void>>();
  #stopping = false;

  constructor(context: JobsContext) {
    this.#context = context;
  }

  /** Goes on with jobs that a crash interrupted. */
  resume(): void {
    for (const job of this.#context.resources.list<JobState>('jobs')) {
      if (job.state.untold === true) this.#follow(this.#tell(job.name, job.state.status));
    }
    this.#startNext();
  }

  /** PUT of a job. A repetition changes nothing; another body under the name is refused. */
  submit(name: string, body: Readonly<Record<string, unknown>>): { readonly created: boolean } {
    if (!/^[a-zA-Z0-9][\w-]{0,254}$/.test(name))
      throw invalid(`"${name}" is no job name: letters, digits, - and _, at most 255.`);
    const properties = this.#check(body);
    const existing = this.#context.resources.get<JobState>(`jobs/${name}`);
    if (existing !== undefined) {
      const before = existing.body['properties'] as JobProperties;
      if (before.command !== properties.command || JSON.stringify(before.inputs) !== JSON.stringify(properties.inputs))
        throw new ArmError(
          400,
          'UserError',
          `A job with this name already exists: ${name}. Only tags, description and display name of a job can be changed.`,
        );
      return { created: false };
    }
    const outputs = Object.fromEntries(
      Object.entries(properties.outputs ?? {}).map(([output, value]) => [
        output,
        {
          ...value,
          uri: value.uri ?? `azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.${name}/${output}/`,
        },
      ]),
    );
    const stored = { ...body, properties: { ...properties, outputs } };
    this.#context.resources.put(`jobs/${name}`, name, stored, { status: 'NotStarted', cancelRequested: false });
    this.#startNext();
    return { created: true };
  }

  /** What clients see of a job. */
  view(job: Job): Record<string, unknown> {
    const properties = job.body['properties'] as Record<string, unknown>;
    return {
      id: `${this.#context.workspaceId}/jobs/${job.name}`,
      name: job.name,
      type: 'Microsoft.MachineLearningServices/workspaces/jobs',
      properties: {
        ...properties,
        status: job.state.status,
        services: { Studio: { jobServiceType: 'Studio', endpoint: `file://${logFile(this.#folder(job.name))}` } },
      },
      systemData: { createdAt: job.createdAt, createdByType: 'Application' },
    };
  }

  /** Cancels a job; one that has ended stays as it is. */
  cancel(name: string): void {
    const job = this.#context.resources.get<JobState>(`jobs/${name}`);
    if (job === undefined) throw new ArmError(404, 'UserError', `Job ${name} was not found.`);
    if (ended.has(job.state.status)) return;
    this.#setState(name, { status: 'CancelRequested', cancelRequested: true });
    const running = this.#running.get(name);
    if (running === undefined) this.#setState(name, { status: 'Canceled' });
    else running.process?.kill();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { process } of this.#running.values()) process?.kill();
    await Promise.all(this.#work);
  }

  #check(body: Readonly<Record<string, unknown>>): JobProperties {
    const properties = body['properties'] as JobProperties | undefined;
    if (properties === undefined) throw invalid('The body has no properties.');
    if (properties.jobType !== 'Command') throw notServed(`A job of type ${properties.jobType}`);
    if (typeof properties.command !== 'string' || typeof properties.environmentId !== 'string')
      throw invalid('A command job needs command and environmentId.');
    if ((properties.resources?.instanceCount ?? 1) > 1) throw notServed('A job of several instances');
    for (const [, group = '', name = ''] of properties.command.matchAll(
      /\$\{\{\s*(inputs|outputs)\.([\w-]+)\s*\}\}/g,
    )) {
      const known = group === 'inputs' ? properties.inputs : properties.outputs;
      if (known?.[name] === undefined)
        throw invalid(`The command names \${{${group}.${name}}}, and the job has no such ${group.slice(0, -1)}.`);
    }
    findEnvironment(this.#context.resources, this.#context.environments, properties.environmentId);
    return properties;
  }

  #startNext(): void {
    if (this.#stopping) return;
    const waiting = this.#context.resources
      .list<JobState>('jobs')
      .filter((job) => !ended.has(job.state.status) && !this.#running.has(job.name))
      .toReversed();
    for (const job of waiting) {
      if (this.#running.size >= PARALLEL) return;
      this.#running.set(job.name, { process: undefined });
      const run = this.#run(job).catch((error: unknown) => this.#fail(job.name, error));
      this.#follow(
        run.finally(() => {
          this.#running.delete(job.name);
          this.#startNext();
        }),
      );
    }
  }

  async #run(job: Job): Promise<void> {
    const { name } = job;
    const folder = this.#folder(name);
    const properties = job.body['properties'] as JobProperties;
    const found =
      job.state.status === 'Running' || job.state.status === 'CancelRequested' ? findJobProcess(folder) : undefined;
    if (found === undefined && job.state.cancelRequested) return this.#end(name, 'Canceled');
    const process = found ?? (await this.#prepare(name, properties, folder));
    const running = this.#running.get(name);
    if (running !== undefined) running.process = process;
    if (this.#isCanceled(name)) process.kill();
    else this.#setState(name, { status: 'Running' });
    const code = await this.#withTimeLimit(process, properties, folder);
    if (this.#stopping) return;
    if (this.#isCanceled(name)) return this.#end(name, 'Canceled');
    if (code !== 0) return this.#end(name, 'Failed');
    this.#setState(name, { status: 'Finalizing' });
    for (const [output, { uri = '' }] of Object.entries(properties.outputs ?? {}))
      await this.#context.storage.upload(join(folder, 'outputs', output), this.#context.storage.resolve(uri));
    await this.#end(name, 'Completed');
  }

  /** Fresh folders, inputs and code; then the process. */
  async #prepare(name: string, properties: JobProperties, folder: string): Promise<JobProcess> {
    this.#setState(name, { status: 'Preparing' });
    rmSync(folder, { recursive: true, force: true });
    for (const part of ['code', 'inputs', 'outputs', 'tmp'])
      mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
    const { storage, resources, environments } = this.#context;
    if (properties.codeId !== undefined)
      await storage.download(storage.resolve(this.#codeUri(properties.codeId)), join(folder, 'code'));
    for (const [input, { jobInputType, uri }] of Object.entries(properties.inputs ?? {})) {
      if (jobInputType === 'literal') continue;
      const count = await storage.download(
        storage.resolve(uri ?? '', jobInputType.endsWith('_model') ? 'models' : 'data'),
        join(folder, 'inputs', input),
      );
      if (count === 0) throw invalid(`Input "${input}": nothing is at ${uri ?? ''}.`);
    }
    for (const output of Object.keys(properties.outputs ?? {}))
      mkdirSync(join(folder, 'outputs', output), { mode: 0o700 });
    const environment = findEnvironment(resources, environments, properties.environmentId);
    if (environment.nodeModules !== undefined)
      symlinkSync(environment.nodeModules, join(folder, 'node_modules'), 'dir');
    return startJobProcess({
      command: expand(properties),
      cwd: join(folder, 'code'),
      folder,
      // A clean environment: nothing of the app's own, above all not its identity.
      env: {
        PATH: pathOf(environment),
        HOME: folder,
        TMPDIR: join(folder, 'tmp'),
        LANG: 'C.UTF-8',
        AZUREML_RUN_ID: name,
        AZUREML_EXPERIMENT_NAME: properties.experimentName ?? 'Default',
        ...properties.environmentVariables,
      },
    });
  }

  #codeUri(codeId: string): string {
    const match = /codes\/([^/]+)\/versions\/([^/]+)$/.exec(codeId);
    const stored = this.#context.resources.get(`codes/${match?.[1] ?? ''}/versions/${match?.[2] ?? ''}`);
    const { codeUri } = (stored?.body['properties'] ?? {}) as { codeUri?: string };
    if (codeUri === undefined) throw invalid(`There is no code version ${codeId}.`);
    return codeUri;
  }

  async #withTimeLimit(process: JobProcess, properties: JobProperties, folder: string): Promise<number | undefined> {
    const limitMs = properties.limits?.timeout === undefined ? undefined : durationMs(properties.limits.timeout);
    if (limitMs === undefined) return process.ended;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<'timeout'>((resolve) => {
      timer = setTimeout(() => resolve('timeout'), limitMs);
    });
    const first = await Promise.race([process.ended, timeout]);
    clearTimeout(timer);
    if (first !== 'timeout') return first;
    process.kill();
    await process.ended;
    await this.#appendLog(
      folder,
      `The job was ended: it ran longer than its limit of ${properties.limits?.timeout ?? ''}.`,
    );
    return 1;
  }

  async #fail(name: string, error: unknown): Promise<void> {
    const folder = this.#folder(name);
    mkdirSync(folder, { recursive: true });
    await this.#appendLog(folder, `The job could not run: ${error instanceof Error ? error.message : String(error)}`);
    await this.#end(name, 'Failed');
  }

  async #appendLog(folder: string, line: string): Promise<void> {
    const { appendFile } = await import('node:fs/promises');
    await appendFile(logFile(folder), `${line}\n`);
  }

  /** The log first, then the status, then the event: whoever hears of the end finds the log. */
  async #end(name: string, status: 'Completed' | 'Failed' | 'Canceled'): Promise<void> {
    const folder = this.#folder(name);
    const log = readLog(folder);
    await this.#context.storage.uploadText(log, 'azureml', `ExperimentRun/dcid.${name}/user_logs/std_log.txt`);
    this.#setState(name, { status, untold: status !== 'Canceled' });
    if (status !== 'Canceled') await this.#tell(name, status);
  }

  async #tell(name: string, status: string): Promise<void> {
    await this.#context.sendEvent(
      jobEvent(this.#context.workspaceId, name, status === 'Completed' ? 'Completed' : 'Failed'),
    );
    this.#setState(name, { untold: false });
  }

  #follow(work: Promise<void>): void {
    const followed = work.finally(() => this.#work.delete(followed));
    this.#work.add(followed);
  }

  #isCanceled(name: string): boolean {
    return this.#context.resources.get<JobState>(`jobs/${name}`)?.state.cancelRequested === true;
  }

  #setState(name: string, change: Partial<JobState>): void {
    const job = this.#context.resources.get<JobState>(`jobs/${name}`);
    if (job !== undefined) this.#context.resources.put(job.path, job.name, job.body, { ...job.state, ...change });
  }

  #folder(name: string): string {
    return join(this.#context.folder, 'jobs', name);
  }
}

/** Paths are relative to the code folder, so that no folder name of this machine gets into a shell. */
function expand({ command, inputs }: JobProperties): string {
  return command.replaceAll(/\$\{\{\s*(inputs|outputs)\.([\w-]+)\s*\}\}/g, (_match, group: string, name: string) => {
    const input = group === 'inputs' ? inputs?.[name] : undefined;
    return input?.jobInputType === 'literal' ? (input.value ?? '') : `../${group}/${name}`;
  });
}

/** @source azure-facts.md 4.1: RunCompleted; RunStatusChanged only for failed runs; nothing for canceled ones */
function jobEvent(workspaceId: string, job: string, status: 'Completed' | 'Failed'): Readonly<Record<string, unknown>> {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: workspaceId,
    subject: `experiments/${randomUUID()}/runs/${job}`,
    type: `Microsoft.MachineLearningServices.${status === 'Completed' ? 'RunCompleted' : 'RunStatusChanged'}`,
    time: new Date().toISOString(),
    data: {
      experimentId: randomUUID(),
      experimentName: 'laptop',
      runId: job,
      runType: null,
      runTags: {},
      runProperties: {},
      ...(status === 'Failed' ? { runStatus: 'failed' } : {}),
    },
  };
}

/** @returns milliseconds of an ISO 8601 duration of days and below */
export function durationMs(text: string): number {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (match === null) throw invalid(`"${text}" is no ISO 8601 duration.`);
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
}

function readLog(folder: string): string {
  try {
    return readFileSync(logFile(folder), 'utf8');
  } catch {
    return '';
  }
}
