/**
 * Jobs that are made of jobs: pipelines and sweeps. What is next is told from what is stored, so any call may be repeated,
 * and a restart goes on where a crash interrupted.
 */
import type { WorkspaceContext } from '../context.ts';
import { durationMs } from '../duration.ts';
import { appendToLog, lastLines } from '../job-folder.ts';
import type { JobOutput } from '../job-body.ts';
import { endedStatuses, isComposite, type Job, type JobStore } from '../job-state.ts';
import { trialsToStop } from '../sweep/early-termination.ts';
import { samplerOf } from '../sweep/sampler.ts';
import type { TriedTrial } from '../sweep/sampling.ts';
import { readSearchSpace } from '../sweep/search-space.ts';
import { dependencies, type PipelineScope } from './bindings.ts';
import type { PipelineProperties } from './pipeline-body.ts';
import { planPipeline, type StepStatus } from './plan.ts';
import { stepJob } from './step-job.ts';
import type { SweepProperties } from './sweep-body.ts';
import { bestTrial, trialJob, trialValues } from './trial-job.ts';

/** What the jobs of the workspace do for composites. */
export interface CompositeHost {
  /** Submits a job of a composite; an equal one may stand for it where it is `reusable`. @throws {ArmError} */
  submit(job: {
    readonly name: string;
    readonly properties: Readonly<Record<string, unknown>>;
    readonly parent: string;
    readonly step: string;
    readonly reusable: boolean;
  }): Promise<void>;
  cancel(name: string): void;
  end(job: Job, status: 'Completed' | 'Failed' | 'Canceled'): Promise<void>;
  /** Reports of a metric by a job, oldest first. */
  metrics(job: string, metric: string): readonly number[];
}

/** Trials of a sweep that names no number. @source Azure ML: maxTotalTrials defaults to 1000 */
const MOST_TRIALS = 1_000;
/** Time that a sweep's trials are looked at again without anything having happened. */
const LOOK_MS = 500;

/** Advances pipelines and sweeps. */
export class Composites {
  readonly #context: WorkspaceContext;
  readonly #store: JobStore;
  readonly #host: CompositeHost;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(context: WorkspaceContext, store: JobStore, host: CompositeHost) {
    this.#context = context;
    this.#store = store;
    this.#host = host;
  }

  /** Goes on with what a stop or a crash interrupted. */
  resume(): void {
    for (const job of this.#store.all())
      if (isComposite(job) && !endedStatuses.has(job.state.status)) this.advance(job.name);
  }

  /** Does what is next, in the background; calls of one job follow each other. */
  advance(name: string): void {
    this.#context.background.run(`job ${name}`, async () => {
      const job = this.#store.find(name);
      if (job === undefined || endedStatuses.has(job.state.status) || this.#context.stopping.aborted) return;
      try {
        await this.#advance(job);
      } catch (error) {
        appendToLog(
          this.#context,
          name,
          `The job could not go on: ${error instanceof Error ? error.message : String(error)}`,
        );
        for (const child of this.#children(name)) this.#cancelOne(child);
        await this.#end(job, 'Failed');
      }
    });
  }

  /** Stops looking. */
  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #advance(job: Job): Promise<void> {
    if (job.state.cancelRequested) return this.#cancel(job);
    const properties = job.body['properties'] as PipelineProperties | SweepProperties;
    if (job.state.status !== 'Running') {
      this.#store.change(job.name, { status: 'Running', startedAtMs: Date.now() });
      const { experimentName: experiment } = properties;
      this.#context.mlflow.beginRun({ name: job.name, experiment, parent: job.state.parent });
    }
    return properties.jobType === 'Pipeline' ? this.#pipeline(job, properties) : this.#sweep(job, properties);
  }

  async #cancel(job: Job): Promise<void> {
    const children = this.#children(job.name);
    for (const child of children) this.#cancelOne(child);
    if (children.every(({ state }) => endedStatuses.has(state.status))) await this.#end(job, 'Canceled');
  }

  async #pipeline(job: Job, pipeline: PipelineProperties): Promise<void> {
    const steps = pipeline.jobs ?? {};
    const children = new Map(this.#children(job.name).map((child) => [child.state.step ?? '', child]));
    const statusOf = (step: string): StepStatus => stepStatus(children.get(step));
    const plan = planPipeline(dependencies(steps), statusOf, pipeline.settings?.continue_on_step_failure === true);
    for (const [step, why] of plan.skip) {
      appendToLog(this.#context, job.name, `Step ${step} is not run: ${why}.`);
      this.#store.put(childName(job.name, step), notRun(step, pipeline), {
        status: 'Canceled',
        cancelRequested: false,
        parent: job.name,
        step,
      });
    }
    const scope = this.#scope(job.name, pipeline, children);
    for (const step of plan.start) {
      const node = steps[step];
      if (node === undefined) continue;
      const name = childName(job.name, step);
      const made = stepJob(step, node, pipeline, scope, this.#context.resources);
      await this.#host.submit({ name, ...made, parent: job.name, step });
      const reused = this.#store.find(name)?.state.reusedFrom;
      appendToLog(
        this.#context,
        job.name,
        reused === undefined
          ? `Step ${step} begins: job ${name}.`
          : `Step ${step} is reused: job ${reused} did the same.`,
      );
    }
    if (plan.end !== undefined) return this.#endPipeline(job, children, plan.end);
    if (plan.skip.size > 0 || plan.start.some((step) => this.#hasEnded(childName(job.name, step))))
      this.advance(job.name);
  }

  #hasEnded(name: string): boolean {
    return endedStatuses.has(this.#store.find(name)?.state.status ?? '');
  }

  async #endPipeline(job: Job, children: ReadonlyMap<string, Job>, status: 'Completed' | 'Failed'): Promise<void> {
    for (const [step, child] of children) {
      if (child.state.status !== 'Failed') continue;
      appendToLog(this.#context, job.name, `Step ${step} failed. The last lines of job ${child.name}:`);
      for (const line of lastLines(this.#context, child.name)) appendToLog(this.#context, job.name, `  ${line}`);
    }
    await this.#end(job, status);
  }

  #scope(name: string, { inputs, outputs }: PipelineProperties, children: ReadonlyMap<string, Job>): PipelineScope {
    return {
      name,
      inputs: inputs ?? {},
      outputs: outputs ?? {},
      outputOf: (step, output) => {
        const found = (children.get(step)?.body['properties'] as { outputs?: Record<string, JobOutput> } | undefined)
          ?.outputs?.[output];
        if (found?.uri === undefined) throw new Error(`The step ${step} has no output "${output}".`);
        return { type: found.jobOutputType, uri: found.uri };
      },
    };
  }

  async #sweep(job: Job, sweep: SweepProperties): Promise<void> {
    const { name } = job;
    const trials = this.#children(name).toSorted((a, b) => Number(a.state.step) - Number(b.state.step));
    const running = trials.filter(({ state }) => !endedStatuses.has(state.status));
    this.#stopEarly(sweep, trials);
    const isTimedOut = this.#isTimedOut(job, sweep);
    if (isTimedOut) for (const trial of running) this.#cancelOne(trial);
    const { primaryMetric, goal } = sweep.objective;
    const sampler = samplerOf(name, sweep.samplingAlgorithm, readSearchSpace(sweep.searchSpace), goal);
    const tried: TriedTrial[] = trials.map((trial) => ({
      values: trialValues(trial),
      metric: trial.state.status === 'Completed' ? this.#host.metrics(trial.name, primaryMetric).at(-1) : undefined,
    }));
    const most = sweep.limits?.maxTotalTrials ?? MOST_TRIALS;
    const parallel = sweep.limits?.maxConcurrentTrials ?? most;
    let next = trials.length;
    let begun = running.length;
    let isExhausted = isTimedOut;
    while (!isExhausted && next < most && begun < parallel) {
      const values = sampler(next, tried);
      if (values === undefined) isExhausted = true;
      else {
        const step = String(next);
        await this.#host.submit({
          name: childName(name, step),
          properties: trialJob(sweep, values),
          parent: name,
          step,
          reusable: false,
        });
        appendToLog(this.#context, name, `Trial ${step}: ${JSON.stringify(values)}.`);
        tried.push({ values });
        next += 1;
        begun += 1;
      }
    }
    if (begun > 0) this.#lookAgain(name);
    else await this.#endSweep(job, sweep, trials);
  }

  #stopEarly(sweep: SweepProperties, trials: readonly Job[]): void {
    const { earlyTermination: policy, objective } = sweep;
    if (policy === undefined || policy === null) return;
    const reports = trials.map(({ name, state }) => ({
      name,
      isRunning: !endedStatuses.has(state.status),
      values: this.#host.metrics(name, objective.primaryMetric),
    }));
    for (const name of trialsToStop(policy, objective.goal, reports)) {
      const trial = trials.find((one) => one.name === name);
      if (trial === undefined || trial.state.cancelRequested) continue;
      appendToLog(this.#context, name, `The trial is given up early (${policy.policyType}).`);
      this.#cancelOne(trial);
    }
  }

  #isTimedOut({ state }: Job, { limits }: SweepProperties): boolean {
    if (typeof limits?.timeout !== 'string' || state.startedAtMs === undefined) return false;
    return Date.now() - state.startedAtMs >= durationMs(limits.timeout);
  }

  async #endSweep(job: Job, sweep: SweepProperties, trials: readonly Job[]): Promise<void> {
    const { primaryMetric, goal } = sweep.objective;
    const completed = trials.filter(({ state }) => state.status === 'Completed');
    const best = bestTrial(
      goal,
      completed.map(({ name }) => ({ name, values: this.#host.metrics(name, primaryMetric) })),
    );
    if (best === undefined) {
      const why = completed.length === 0 ? 'no trial completed' : `no trial logged the metric "${primaryMetric}"`;
      appendToLog(this.#context, job.name, `The sweep has no best trial: ${why}.`);
      return this.#end(job, 'Failed');
    }
    const trial = this.#store.find(best.name);
    if (trial === undefined) throw new Error(`The trial ${best.name} is gone.`);
    appendToLog(
      this.#context,
      job.name,
      `The best trial is ${best.name}: ${primaryMetric} ${best.value}, ${JSON.stringify(trialValues(trial))}.`,
    );
    await this.#copyOutputs(job, trial);
    this.#store.change(job.name, { bestTrial: best.name });
    return this.#end(job, 'Completed');
  }

  /** Outputs of the best trial are those of the sweep. */
  async #copyOutputs(job: Job, trial: Job): Promise<void> {
    const { storage } = this.#context;
    const outputsOf = (one: Job): Record<string, JobOutput> =>
      (one.body['properties'] as { outputs?: Record<string, JobOutput> }).outputs ?? {};
    for (const [output, { uri }] of Object.entries(outputsOf(job))) {
      const from = outputsOf(trial)[output]?.uri;
      if (uri !== undefined && from !== undefined) await storage.copy(storage.resolve(from), storage.resolve(uri));
    }
  }

  /** Metrics come without a sign, so trials are looked at from time to time. */
  #lookAgain(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(() => this.advance(name), LOOK_MS).unref());
  }

  #children(parent: string): readonly Job[] {
    return this.#store.childrenOf(parent);
  }

  #cancelOne({ name, state }: Job): void {
    if (!endedStatuses.has(state.status) && !state.cancelRequested) this.#host.cancel(name);
  }

  async #end(job: Job, status: 'Completed' | 'Failed' | 'Canceled'): Promise<void> {
    clearTimeout(this.#timers.get(job.name));
    this.#timers.delete(job.name);
    await this.#host.end(job, status);
  }
}

/** Name of the job of a step. */
function childName(parent: string, step: string): string {
  return `${parent.slice(0, 180)}_${step.slice(0, 60)}`;
}

function stepStatus(child: Job | undefined): StepStatus {
  const status = child?.state.status;
  if (status === undefined) return 'Waiting';
  return status === 'Completed' || status === 'Failed' || status === 'Canceled' ? status : 'Going';
}

/** What is kept of a step that never begins. */
function notRun(step: string, { experimentName }: PipelineProperties): Readonly<Record<string, unknown>> {
  return { jobType: 'Command', displayName: step, experimentName, command: '', environmentId: '', isArchived: false };
}
