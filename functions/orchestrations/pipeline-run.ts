import type { OrchestrationContext, Task } from 'durable-functions';
import type { z } from 'zod';

import {
  finishRun,
  judgeGates,
  registerData,
  registerModel,
  startRun,
  validateRunData,
  type DoneOrEnded,
  type OwnedRun,
  type runResult,
} from '#shared/contracts/activities/run/run-activities.ts';
import { job, pipelineRun, rollOut } from '#shared/contracts/orchestrations/pipeline-run.ts';
import { jobName, rollOutInstanceId, type JobStep } from '#shared/domain/run/names.ts';

import { callActivity, callOrchestration } from '../durable/call-activity.ts';
import { failureOf } from '../durable/failure-of.ts';

type RunResult = z.output<typeof runResult>;

/** Attempt of every step: this release tries a job once and leaves trying again to a new run. */
const ATTEMPT = 1;

/**
 * One execution of a pipeline over one data version: register data → validate → train → evaluate → gate → register
 * model → roll out → announce. It fences itself: its first activity claims the run for a token that only this
 * execution knows, and every effect asks for that claim again.
 */
export function* pipelineRunOrchestration(context: OrchestrationContext): Generator<Task, RunResult, unknown> {
  const { requests, ...run } = pipelineRun.input.parse(context.df.getInput());
  const owned: OwnedRun = { run, token: context.df.newGuid(context.df.instanceId) };

  const started = yield* callActivity(context, startRun, { ...owned, requests });
  if (started.outcome === 'ended' && started.status === 'not-mine') return result(started);

  const ending = started.outcome === 'ended' ? started : yield* guarded(context, owned);
  if (ending.outcome === 'ended' && ending.status === 'not-mine') return result(ending);
  yield* callActivity(context, finishRun, { ...owned, ending });
  return result(ending);
}

/** The steps; whatever they throw becomes the failure that ends the run. */
function* guarded(context: OrchestrationContext, owned: OwnedRun): Generator<Task, DoneOrEnded, unknown> {
  try {
    return yield* steps(context, owned);
  } catch (error) {
    return { outcome: 'ended', status: 'failed', failure: failureOf(error) };
  }
}

function* steps(context: OrchestrationContext, owned: OwnedRun): Generator<Task, DoneOrEnded, unknown> {
  for (const activity of [registerData, validateRunData]) {
    const step = yield* callActivity(context, activity, owned);
    if (step.outcome === 'ended') return step;
  }
  for (const step of ['train', 'evaluate'] satisfies JobStep[]) {
    const name = jobName(owned.run.runId, step, ATTEMPT);
    const ran = yield* callOrchestration(context, job, name, { ...owned, step, attempt: ATTEMPT, polls: 0 });
    if (ran.outcome === 'ended') return ran;
  }
  for (const activity of [judgeGates, registerModel]) {
    const step = yield* callActivity(context, activity, owned);
    if (step.outcome === 'ended') return step;
  }
  return yield* callOrchestration(context, rollOut, rollOutInstanceId(owned.run.runId), owned);
}

function result(ending: DoneOrEnded): RunResult {
  return ending.outcome === 'done' ? { status: 'succeeded' } : { status: ending.status, failure: ending.failure };
}
