import type { OrchestrationContext, Task } from 'durable-functions';
import type { z } from 'zod';

import type { ActivityContract } from '#shared/contracts/activity-contract.ts';
import {
  createDeployment,
  prepareRollOut,
  revertRollOut,
  shiftTraffic,
  smokeTest,
  type DoneOrEnded,
  type Ended,
  type ended,
  type OwnedRun,
} from '#shared/contracts/activities/run/run-activities.ts';
import { rollOut } from '#shared/contracts/orchestrations/pipeline-run.ts';
import { PROVISIONING_LOOKS, provisioningDelayMs } from '#shared/domain/run/provisioning.ts';

import { callActivity } from '../durable/call-activity.ts';
import { pause } from '../durable/event-or-timeout.ts';
import { failureOf } from '../durable/failure-of.ts';

type Provisioned = { readonly outcome: 'done' } | { readonly outcome: 'provisioning'; readonly state: string } | Ended;

/**
 * A roll-out is a saga: endpoint, new deployment at 0 %, smoke test, 100 %, read back until it holds; the old
 * deployment is retired later by the reconciler. Any failure after the preparation restores the traffic that was.
 */
export function* rollOutOrchestration(context: OrchestrationContext): Generator<Task, DoneOrEnded, unknown> {
  const owned = rollOut.input.parse(context.df.getInput());
  const prepared = yield* settled(context, prepareRollOut, owned);
  if (prepared.outcome === 'ended') return prepared;
  const rolledOut = yield* guarded(context, owned);
  if (rolledOut.outcome === 'done' || rolledOut.status === 'not-mine') return rolledOut;
  try {
    yield* settled(context, revertRollOut, { ...owned, failure: rolledOut.failure });
  } catch {
    // The run tells why it failed; the reconciler repairs what could not be restored.
  }
  return rolledOut;
}

function* guarded(context: OrchestrationContext, owned: OwnedRun): Generator<Task, DoneOrEnded, unknown> {
  try {
    const deployed = yield* settled(context, createDeployment, owned);
    if (deployed.outcome === 'ended') return deployed;
    const tested = yield* callActivity(context, smokeTest, owned);
    if (tested.outcome === 'ended') return tested;
    return yield* settled(context, shiftTraffic, owned);
  } catch (error) {
    return { outcome: 'ended', status: 'failed', failure: failureOf(error) };
  }
}

/** Calls an activity again, with growing pauses, until what it provisions has settled. */
function* settled<Input extends z.ZodObject>(
  context: OrchestrationContext,
  contract: ActivityContract<Input, z.ZodType<Provisioned>>,
  input: z.input<Input>,
): Generator<Task, DoneOrEnded, unknown> {
  for (let look = 0; look < PROVISIONING_LOOKS; look += 1) {
    const state = yield* callActivity(context, contract, input);
    if (state.outcome !== 'provisioning') return state;
    yield* pause(context, provisioningDelayMs(look));
  }
  return timedOut(contract.name);
}

function timedOut(activity: string): z.output<typeof ended> {
  const message = `${activity} was still provisioning after ${PROVISIONING_LOOKS} looks.`;
  return { outcome: 'ended', status: 'failed', failure: { code: 'rollout.deployment-failed', message, details: {} } };
}
