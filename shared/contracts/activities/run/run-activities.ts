import { z } from 'zod';

import { failure, modelReference, runScope } from '#shared/contracts/records/run.ts';
import { provisioningStates } from '#shared/ports/ml-platform.ts';

import { activityContract } from '../../activity-contract.ts';

/** What every activity of a run gets: the run and the token of the execution that owns it. */
export const ownedRun = z.strictObject({ run: runScope, token: z.string() });
/** See {@link ownedRun}. */
export type OwnedRun = z.output<typeof ownedRun>;

/**
 * The run does not go on. `not-mine`: another execution owns it, and this one must touch nothing any more.
 */
export const ended = z.strictObject({
  outcome: z.literal('ended'),
  status: z.enum(['failed', 'refused', 'canceled', 'not-mine']),
  failure,
});
/** See {@link ended}. */
export type Ended = z.output<typeof ended>;

const done = z.strictObject({ outcome: z.literal('done') });
const jobStep = z.enum(['train', 'evaluate']);

/** Output of an activity that either did its work or ends the run. */
export const doneOrEnded = z.discriminatedUnion('outcome', [done, ended]);
/** See {@link doneOrEnded}. */
export type DoneOrEnded = z.output<typeof doneOrEnded>;

/** Claims the run for this execution and opens its record. */
export const startRun = activityContract(
  'startRun',
  z.strictObject({ run: runScope, token: z.string(), requests: z.array(z.string()) }),
  doneOrEnded,
);

/** Registers the data version of the manifest as a data asset version. */
export const registerData = activityContract('registerData', ownedRun, doneOrEnded, 'data');

/** Checks the data version against its contract; broken blob versions are rejected. */
export const validateRunData = activityContract('validateRunData', ownedRun, doneOrEnded, 'validate');

/** Submits the job of a step; a repetition finds its own job. */
export const submitJob = activityContract(
  'submitJob',
  z.strictObject({ ...ownedRun.shape, step: jobStep, attempt: z.int().positive() }),
  z.discriminatedUnion('outcome', [z.strictObject({ outcome: z.literal('submitted'), job: z.string() }), ended]),
);

/** Reads where the job stands; cancels it first if somebody canceled the run. */
export const pollJob = activityContract(
  'pollJob',
  z.strictObject({ ...ownedRun.shape, step: jobStep, attempt: z.int().positive(), job: z.string() }),
  z.discriminatedUnion('outcome', [
    z.strictObject({
      outcome: z.literal('waiting'),
      state: z.string(),
      /** The end is near (canceling, finalizing): look again soon. */
      ending: z.boolean(),
    }),
    done,
    ended,
  ]),
);

/** Judges the evaluation by the pipeline's gates. */
export const judgeGates = activityContract('judgeGates', ownedRun, doneOrEnded, 'gate');

/** Registers the trained model as a model version. */
export const registerModel = activityContract('registerModel', ownedRun, doneOrEnded, 'register');

/** Progress of something that Azure ML provisions. */
const provisioning = z.strictObject({ outcome: z.literal('provisioning'), state: z.enum(provisioningStates) });

/** Creates the endpoint if there is none; refuses what must not roll out. */
export const prepareRollOut = activityContract(
  'prepareRollOut',
  ownedRun,
  z.discriminatedUnion('outcome', [done, provisioning, ended]),
  'rollout',
);

/** Creates the new deployment without traffic, or reads how far it is. */
export const createDeployment = activityContract(
  'createDeployment',
  ownedRun,
  z.discriminatedUnion('outcome', [done, provisioning, ended]),
  'rollout',
);

/** Sends the smoke test to the new deployment. */
export const smokeTest = activityContract('smokeTest', ownedRun, doneOrEnded, 'rollout');

/** Gives the new deployment all traffic, or reads whether the endpoint holds the map. */
export const shiftTraffic = activityContract(
  'shiftTraffic',
  ownedRun,
  z.discriminatedUnion('outcome', [done, provisioning, ended]),
  'rollout',
);

/** Restores the traffic map that was and removes the new deployment. */
export const revertRollOut = activityContract(
  'revertRollOut',
  z.strictObject({ ...ownedRun.shape, failure }),
  z.discriminatedUnion('outcome', [done, provisioning, ended]),
  'rollout',
);

/** Ends the run: its record, the announcement, the claim and, last, the slot. */
export const finishRun = activityContract(
  'finishRun',
  z.strictObject({ ...ownedRun.shape, ending: z.discriminatedUnion('outcome', [done, ended]) }),
  z.strictObject({ outcome: z.literal('finished') }),
);

/** Output of the run: how it ended. */
export const runResult = z.strictObject({
  status: z.enum(['succeeded', 'failed', 'refused', 'canceled', 'not-mine']),
  model: modelReference.optional(),
  failure: failure.optional(),
});
