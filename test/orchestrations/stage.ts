import { join } from 'node:path';

import { VirtualClock } from '#local/task-hub/clock.ts';
import { eventTypes } from '#local/task-hub/history.ts';
import { TaskHub } from '#local/task-hub/hub.ts';
import type { Instance } from '#local/task-hub/instance.ts';
import { loadModules, type Worker } from '#local/worker/worker.ts';
import { jobName } from '#shared/domain/run/names.ts';
import { demoRun } from '#test/support/demo-run.ts';
import type { ScriptedActivity } from '#test/fixtures/apps/orchestrations/app.ts';

const app = join(import.meta.dirname, '..', 'fixtures', 'apps', 'orchestrations', 'app.ts');

/** Loads the app's orchestrations, once for a file. */
export function loadOrchestrations(): Promise<Worker> {
  return loadModules([app], { appDirectory: '.', onLog: () => undefined });
}

export { demoRun as run };
/** Names of its jobs, which are the instance ids of their orchestrations. */
export const jobs = { train: jobName(demoRun.runId, 'train', 1), evaluate: jobName(demoRun.runId, 'evaluate', 1) };

/** Orchestrations on a task hub whose time stands still, with scripted activities. */
export class Stage {
  readonly clock = new VirtualClock();
  readonly hub: TaskHub;
  /** Activities that were called, in order. */
  readonly calls: string[] = [];

  /** @param answer - of an activity; undefined: what lets the run go on */
  constructor(worker: Worker, answer: (name: string, input: Readonly<Record<string, unknown>>) => object | undefined) {
    this.hub = new TaskHub({
      worker,
      databaseFile: ':memory:',
      config: { defaultVersion: '1.1.0' },
      clock: this.clock,
      random: () => 0,
    });
    const scripted: ScriptedActivity = (name, input) => {
      this.calls.push(name);
      return answer(name, input) ?? goingOn(name, input);
    };
    (globalThis as { scriptedActivity?: ScriptedActivity }).scriptedActivity = scripted;
  }

  /** Starts the run and lets it go as far as it can without time passing. */
  async start(): Promise<void> {
    await this.hub.start('pipelineRun', demoRun.runId, JSON.stringify({ ...demoRun, requests: [] }));
    await this.hub.settled();
  }

  /** Lets time pass, and everything that becomes due happen at its time. */
  async passTime(ms: number): Promise<void> {
    const endMs = this.clock.nowMs() + ms;
    for (let next = this.clock.nextMs(); next !== undefined && next <= endMs; next = this.clock.nextMs()) {
      this.clock.moveTo(next);
      await this.hub.settled();
    }
    this.clock.moveTo(endMs);
    await this.hub.settled();
  }

  /** Azure ML tells that a job changed. */
  async jobChanged(job: string): Promise<void> {
    await this.hub.send(job, eventTypes.eventRaised, { Name: 'job-changed', Input: '{}', ParentTraceContext: null });
    await this.hub.settled();
  }

  /** @returns an instance that must be there */
  instance(id: string): Instance {
    const instance = this.hub.instances.get(id);
    if (instance === undefined) throw new Error(`There is no instance ${id}.`);
    return instance;
  }
}

function goingOn(name: string, input: Readonly<Record<string, unknown>>): object {
  if (name === 'submitJob')
    return { outcome: 'submitted', job: input['step'] === 'train' ? jobs.train : jobs.evaluate };
  if (name === 'finishRun') return { outcome: 'finished' };
  return { outcome: 'done' };
}
