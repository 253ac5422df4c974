/**
 * Runs jobs as processes, a few at a time, and goes on with them after a crash: a process that still runs is watched, one
 * that vanished without an exit code is run again from the start.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import type { WorkspaceContext } from './context.ts';
import { durationMs, LONGEST_TIMER_MS } from './duration.ts';
import type { JobProperties } from './job-body.ts';
import { jobEvent } from './job-event.ts';
import { artifactFolders, appendToLog, jobFolder, prepareJob, tidyJob } from './job-folder.ts';
import { findJobProcess, logFile, startJobProcess, type JobProcess } from './job-process.ts';
import { registerOutputs } from './registered-outputs.ts';
import { endedStatuses, isComposite, propertiesOf, type Job, type JobStore } from './job-state.ts';

/** Sends an event of Azure ML to where Event Grid would bring it. */
export type SendEvent = (event: Readonly<Record<string, unknown>>) => Promise<void>;

/** Attempts to send the event of a job's end; after them the next start of the stand-in tries again. */
const TELL_ATTEMPTS = 5;
/** Pause before the second attempt, doubled before each further one. */
const TELL_PAUSE_MS = 500;

/** Ends of jobs as MLflow calls them. */
const runStatuses = { Completed: 'FINISHED', Failed: 'FAILED', Canceled: 'KILLED' } as const;

/** The processes of the workspace's jobs. */
export class JobRunner {
  readonly #context: WorkspaceContext;
  readonly #store: JobStore;
  readonly #parallel: number;
  readonly #sendEvent: SendEvent;
  readonly #onEnded: (job: Job) => void;
  /** Jobs that are prepared, run or finished at the moment; the process comes after the preparation. */
  readonly #active = new Map<string, { process?: JobProcess }>();

  constructor(
    context: WorkspaceContext,
    store: JobStore,
    {
      parallel,
      sendEvent,
      onEnded,
    }: { readonly parallel: number; readonly sendEvent: SendEvent; readonly onEnded: (job: Job) => void },
  ) {
    this.#context = context;
    this.#store = store;
    this.#parallel = parallel;
    this.#sendEvent = sendEvent;
    this.#onEnded = onEnded;
  }

  /** Goes on with what a stop or a crash interrupted. */
  resume(): void {
    for (const job of this.#store.all()) if (job.state.untold === true) this.#tell(job);
    this.startNext();
  }

  /** Starts waiting jobs, oldest first, as long as there is room. */
  startNext(): void {
    const { background, stopping } = this.#context;
    const waiting = this.#store
      .all()
      .filter((job) => !isComposite(job) && !endedStatuses.has(job.state.status) && !this.#active.has(job.name))
      .toReversed();
    for (const job of waiting) {
      if (stopping.aborted || this.#active.size >= this.#parallel) return;
      this.#active.set(job.name, {});
      background.run(`job ${job.name}`, async () => {
        try {
          await this.#run(job);
        } catch (error) {
          this.#couldNotRun(job, error);
          await this.end(job, 'Failed');
        } finally {
          this.#active.delete(job.name);
          this.startNext();
        }
      });
    }
  }

  /** Ends a job's processes; one that waits is canceled at once. */
  cancel(name: string): void {
    const active = this.#active.get(name);
    if (active === undefined) {
      this.#store.change(name, { status: 'Canceled' });
      const job = this.#store.find(name);
      if (job !== undefined) this.#onEnded(job);
    } else if (active.process !== undefined) this.#kill(name, active.process);
  }

  /** Ends all processes. Their jobs run again at the next start. */
  async stop(): Promise<void> {
    await Promise.all([...this.#active.values()].map(async ({ process }) => process?.kill()));
  }

  async #run(job: Job): Promise<void> {
    const { name } = job;
    const process =
      (job.state.status === 'NotStarted' ? undefined : findJobProcess(this.#folder(name))) ?? (await this.#start(job));
    if (process === undefined) return;
    this.#active.set(name, { process });
    if (this.#isCanceled(name)) this.#kill(name, process);
    this.#advance(name, 'Running');
    const outcome = await this.#outcome(process, job);
    if (outcome !== 'canceled' && this.#context.stopping.aborted) return;
    if (outcome === 'done') this.#advance(name, 'Finalizing');
    await this.#storeOutputs(job);
    if (outcome === 'canceled') return this.end(job, 'Canceled');
    if (outcome !== 'done') return this.end(job, 'Failed');
    registerOutputs(this.#context, name, propertiesOf(job));
    await this.end(job, 'Completed');
    tidyJob(this.#context, name);
  }

  /**
   * Stores what a job has written, also of one that fails.
   *
   * @source Azure ML, "Access data in a job": outputs are mounted (`rw_mount`) by default, so what is written stays
   */
  async #storeOutputs(job: Job): Promise<void> {
    const { storage } = this.#context;
    const container = 'azureml';
    for (const part of artifactFolders) {
      const source = join(this.#folder(job.name), 'code', part);
      const prefix = `ExperimentRun/dcid.${job.name}/${part}`;
      if (existsSync(source)) await storage.upload(source, { container, prefix });
    }
    for (const [output, told] of Object.entries(propertiesOf(job).outputs ?? {})) {
      const place = storage.resolve(told.uri ?? '');
      // A file stands in the folder that is uploaded.
      const prefix = told.jobOutputType === 'uri_file' ? dirname(place.prefix).replace(/^\.$/, '') : place.prefix;
      await storage.upload(join(this.#folder(job.name), 'outputs', output), { ...place, prefix });
    }
  }

  /** @returns undefined where the job was canceled, or the stand-in stopped, before its process came to be */
  async #start(job: Job): Promise<JobProcess | undefined> {
    const { name } = job;
    this.#advance(name, 'Preparing');
    const command = await prepareJob(this.#context, name, propertiesOf(job), job.state.parent);
    if (this.#context.stopping.aborted) return undefined;
    if (this.#isCanceled(name)) {
      await this.end(job, 'Canceled');
      return undefined;
    }
    for (const [service, { jobServiceType }] of Object.entries(propertiesOf(job).services ?? {}))
      appendToLog(
        this.#context,
        name,
        `The service ${service} (${jobServiceType ?? 'of no type'}) is not started on a laptop.`,
      );
    const process = await startJobProcess(command);
    this.#store.change(name, { startedAtMs: Date.now() });
    return process;
  }

  async #outcome(process: JobProcess, job: Job): Promise<'done' | 'failed' | 'canceled'> {
    const { name } = job;
    const code = await withinLimit(process, this.#msLeft(name, propertiesOf(job)));
    if (this.#isCanceled(name)) return 'canceled';
    if (code === 'timeout') {
      const limit = propertiesOf(job).limits?.timeout ?? '';
      appendToLog(this.#context, name, `The job was ended: it ran longer than its limit of ${limit}.`);
    } else if (code === undefined && !this.#context.stopping.aborted) {
      appendToLog(this.#context, name, 'The process of the job was killed by something else.');
    }
    return code === 0 ? 'done' : 'failed';
  }

  /** @returns milliseconds until the time limit, which counts from the first look at the process */
  #msLeft(name: string, { limits }: JobProperties): number {
    if (typeof limits?.timeout !== 'string') return LONGEST_TIMER_MS;
    const startedAtMs = this.#store.find(name)?.state.startedAtMs ?? Date.now();
    return Math.min(Math.max(startedAtMs + durationMs(limits.timeout) - Date.now(), 0), LONGEST_TIMER_MS);
  }

  /** Ends a job: the log first, then the status, then the event: whoever hears of the end finds the log. */
  async end(job: Job, status: 'Completed' | 'Failed' | 'Canceled'): Promise<void> {
    const { name } = job;
    const log = logFile(this.#folder(name));
    if (existsSync(log)) {
      await this.#context.storage
        .uploadLog(log, 'azureml', `ExperimentRun/dcid.${name}/user_logs/std_log.txt`)
        .catch((error: unknown) => this.#context.onProblem(`log of job ${name}`, error));
    }
    this.#context.mlflow.endRun(name, runStatuses[status]);
    this.#store.change(name, { status, untold: status !== 'Canceled' });
    if (status !== 'Canceled') this.#tell(job);
    this.#onEnded(job);
  }

  #tell(job: Job): void {
    const { workspaceId, background, stopping } = this.#context;
    const { name } = job;
    background.run(`event of job ${name}`, async () => {
      const status = this.#store.find(name)?.state.status === 'Completed' ? 'Completed' : 'Failed';
      const event = jobEvent(workspaceId, { job: name, experiment: propertiesOf(job).experimentName, status });
      for (let attempt = 1; ; attempt += 1) {
        try {
          await this.#sendEvent(event);
          return this.#store.change(name, { untold: false });
        } catch (error) {
          if (attempt === TELL_ATTEMPTS || stopping.aborted) throw error;
          await pause(TELL_PAUSE_MS * 2 ** (attempt - 1), undefined, { signal: stopping });
        }
      }
    });
  }

  #couldNotRun({ name }: Job, error: unknown): void {
    this.#context.onProblem(`job ${name}`, error);
    appendToLog(
      this.#context,
      name,
      `The job could not run: ${error instanceof Error ? error.message : String(error)}`,
    );
  }

  #kill(name: string, process: JobProcess): void {
    this.#context.background.run(`end of job ${name}`, () => process.kill());
  }

  /** The next status, unless the job is to be canceled. */
  #advance(name: string, status: string): void {
    if (!this.#isCanceled(name)) this.#store.change(name, { status });
  }

  #isCanceled(name: string): boolean {
    return this.#store.find(name)?.state.cancelRequested === true;
  }

  #folder(name: string): string {
    return jobFolder(this.#context, name);
  }
}

/** @returns the exit code; undefined where the process was killed by another */
async function withinLimit(process: JobProcess, limitMs: number): Promise<number | undefined | 'timeout'> {
  const timer = new AbortController();
  const timeout = pause(limitMs, 'timeout' as const, { signal: timer.signal }).catch(() => undefined);
  const first = await Promise.race([process.ended, timeout]);
  timer.abort();
  if (first === 'timeout') await process.kill();
  return first;
}
