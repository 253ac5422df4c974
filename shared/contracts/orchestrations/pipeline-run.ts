import { z } from 'zod';

import { doneOrEnded, ownedRun, runResult } from '../activities/run/run-activities.ts';
import { orchestrationContract } from '../orchestration-contract.ts';
import { runScope } from '../records/run.ts';

/** One execution of a pipeline over one data version. Instance id: the run id. */
export const pipelineRun = orchestrationContract(
  'pipelineRun',
  z.strictObject({ ...runScope.shape, requests: z.array(z.string()) }),
  runResult,
);

/** The job of a step, from submission to its end. Instance id: the job's name. */
export const job = orchestrationContract(
  'job',
  z.strictObject({
    ...ownedRun.shape,
    step: z.enum(['train', 'evaluate']),
    attempt: z.int().positive(),
    /** Set after continueAsNew: the job is submitted. */
    submitted: z.string().optional(),
    /** Fallback polls so far; they make the waits longer. */
    polls: z.int().nonnegative(),
  }),
  doneOrEnded,
);

/** The roll-out of a registered model. Instance id: run id + `-rollout`. */
export const rollOut = orchestrationContract('rollOut', ownedRun, doneOrEnded);
