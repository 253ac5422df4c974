import type { Ended, OwnedRun } from '#shared/contracts/activities/run/run-activities.ts';
import type { RunHead, RunStep } from '#shared/contracts/records/run.ts';
import type { StepName, StepStatus } from '#shared/domain/run/statuses.ts';
import type { Failure } from '#shared/errors/whence-error.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { appendRunEvent, requireRun } from '../../run-store/run-store.ts';
import { fence } from '../data-window/fence.ts';

/** A step that did its work: one sentence for people, facts for programs, and what it changes in the head. */
export interface StepDone {
  readonly summary: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly change?: (head: RunHead) => RunHead;
}

/** A step that ends the run. */
export interface StepEnded {
  readonly status: 'failed' | 'refused' | 'canceled';
  readonly failure: Failure;
  readonly change?: (head: RunHead) => RunHead;
}

/** Attempt of every step; see `orchestrations/pipeline-run.ts`. */
export const ATTEMPT = 1;

/**
 * Opens a step: asks whether this execution still owns the run and whether somebody canceled it, and records the start.
 *
 * @returns the head, or the end of the run
 */
export async function openStep(
  deps: ActivityDependencies,
  owned: OwnedRun,
  step: StepName,
  summary: string,
): Promise<RunHead | Ended> {
  const { runId, runKey } = owned.run;
  if (!(await fence(deps, { runKey, token: owned.token }))) return notMine(runId);
  const head = await requireRun(deps, runId);
  // What has been done already is done: a repetition must not turn it into a canceled step.
  const isDone = head.steps.some((one) => one.name === step && one.status === 'succeeded');
  if (head.cancelRequestedAt !== undefined && !isDone) return closeStep(deps, owned, step, canceled(head));
  const at = new Date(deps.clock.nowMs()).toISOString();
  return appendRunEvent(
    deps,
    runId,
    { key: `step.started:${step}:${ATTEMPT}`, type: 'step.started', step, attempt: ATTEMPT, summary, data: {} },
    (before) => withStep(before, step, { status: 'running', attempt: ATTEMPT, startedAt: at, summary }),
  );
}

/** Records the end of a step that did its work. */
export async function finishStep(
  deps: ActivityDependencies,
  owned: OwnedRun,
  step: StepName,
  done: StepDone,
): Promise<{ outcome: 'done' }> {
  await recordEnd(deps, owned, step, 'succeeded', done.summary, done.data ?? {}, (head) => done.change?.(head) ?? head);
  return { outcome: 'done' };
}

/** Records the end of a step that ends the run. */
export async function closeStep(
  deps: ActivityDependencies,
  owned: OwnedRun,
  step: StepName,
  end: StepEnded,
): Promise<Ended> {
  const { status, failure, change } = end;
  await recordEnd(deps, owned, step, status, failure.message, { failure }, (head) =>
    withStep(change?.(head) ?? head, step, { failure: { ...failure, details: { ...failure.details } } }),
  );
  return { outcome: 'ended', status, failure: { ...failure, details: { ...failure.details } } };
}

/**
 * A step that one activity does as a whole.
 *
 * @param work - returns what was done, or a {@link StepEnded}; throws only what should be tried again
 */
export async function inStep(
  deps: ActivityDependencies,
  owned: OwnedRun,
  step: StepName,
  summary: string,
  work: (head: RunHead) => Promise<StepDone | StepEnded>,
): Promise<{ outcome: 'done' } | Ended> {
  const head = await openStep(deps, owned, step, summary);
  if ('outcome' in head) return head;
  const result = await work(head);
  return 'status' in result ? closeStep(deps, owned, step, result) : finishStep(deps, owned, step, result);
}

/** The answer to an execution that does not own the run. */
export function notMine(runId: string): Ended {
  return {
    outcome: 'ended',
    status: 'not-mine',
    failure: { code: 'run.not-mine', message: `Another execution owns run ${runId}.`, details: {} },
  };
}

/** The end of a run that somebody canceled. */
export function canceled(head: RunHead): StepEnded {
  const by = head.cancelRequestedBy ?? 'somebody';
  return { status: 'canceled', failure: { code: 'run.canceled', message: `Canceled by ${by}.`, details: { by } } };
}

/** @returns the head with one step changed */
export function withStep(head: RunHead, name: StepName, change: Partial<RunStep>): RunHead {
  return { ...head, steps: head.steps.map((step) => (step.name === name ? { ...step, ...change } : step)) };
}

async function recordEnd(
  deps: ActivityDependencies,
  owned: OwnedRun,
  step: StepName,
  status: Extract<StepStatus, 'succeeded' | 'failed' | 'refused' | 'canceled'>,
  summary: string,
  data: Readonly<Record<string, unknown>>,
  change: (head: RunHead) => RunHead,
): Promise<void> {
  const endedAt = new Date(deps.clock.nowMs()).toISOString();
  await appendRunEvent(
    deps,
    owned.run.runId,
    { key: `step.ended:${step}:${ATTEMPT}`, type: `step.${status}`, step, attempt: ATTEMPT, summary, data },
    (head) => withStep(change(head), step, { status, endedAt, summary, attempt: ATTEMPT }),
  );
}
