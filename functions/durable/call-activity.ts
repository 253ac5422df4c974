import { RetryOptions, type OrchestrationContext, type Task } from 'durable-functions';
import type { z } from 'zod';

import type { ActivityContract } from '#shared/contracts/activity-contract.ts';
import type { OrchestrationContract } from '#shared/contracts/orchestration-contract.ts';

/**
 * How often and how fast a failing activity is tried again: 8 attempts over about 8 minutes. Only transient faults
 * reach it, because activities return terminal failures as values. No `retryTimeoutInMilliseconds`: it hangs in
 * Azure (local-runtime.md 4.3).
 */
function retryPolicy(): RetryOptions {
  const retry = new RetryOptions(2_000, 8);
  retry.backoffCoefficient = 2;
  retry.maxRetryIntervalInMilliseconds = 120_000;
  return retry;
}

/**
 * The task of an activity, for use in one `Task.all` or `Task.any`. Never put it into a second one (local-runtime.md
 * trap 14). Its result still has to be parsed with `contract.output`.
 */
export function activityTask<Input extends z.ZodObject | z.ZodDiscriminatedUnion, Output extends z.ZodType<object>>(
  context: OrchestrationContext,
  contract: ActivityContract<Input, Output>,
  input: z.input<Input>,
): Task {
  return context.df.callActivityWithRetry(contract.name, retryPolicy(), contract.input.parse(input));
}

/**
 * Calls an activity and waits for it: `const pinned = yield* callActivity(context, sealWindow, {…})`.
 *
 * @returns the activity's output, parsed
 * @throws the activity's error when all attempts failed
 */
export function* callActivity<Input extends z.ZodObject | z.ZodDiscriminatedUnion, Output extends z.ZodType<object>>(
  context: OrchestrationContext,
  contract: ActivityContract<Input, Output>,
  input: z.input<Input>,
): Generator<Task, z.output<Output>, unknown> {
  return contract.output.parse(yield activityTask(context, contract, input));
}

/**
 * Starts a child orchestration and waits for it. `instanceId` must be unique for ever: a child started on the id of a
 * running instance replaces it silently (local-runtime.md 4.5). The child runs with its parent's version.
 *
 * @returns the child's output, parsed
 * @throws the child's error
 */
export function* callOrchestration<Input extends z.ZodObject, Output extends z.ZodType<object>>(
  context: OrchestrationContext,
  contract: OrchestrationContract<Input, Output>,
  instanceId: string,
  input: z.input<Input>,
): Generator<Task, z.output<Output>, unknown> {
  const version = context.df.version;
  return contract.output.parse(
    yield context.df.callSubOrchestrator(contract.name, contract.input.parse(input), instanceId, version),
  );
}
