import type { OrchestrationContext, Task } from 'durable-functions';

import { pollJob, submitJob, type DoneOrEnded } from '#shared/contracts/activities/run/run-activities.ts';
import { job } from '#shared/contracts/orchestrations/pipeline-run.ts';
import { provisioningDelayMs } from '#shared/domain/run/provisioning.ts';
import { JOB_EVENT, jobPollDelayMs, POLLS_PER_GENERATION } from '#shared/domain/run/job-polling.ts';

import { callActivity } from '../durable/call-activity.ts';
import { eventOrTimeout } from '../durable/event-or-timeout.ts';
import { startedBefore } from '../durable/started-before.ts';

/** Looks one after another that fail in all their attempts: about four hours. */
const FAILURES = 6;

/**
 * The job of a step, from submission to its end. It submits the job itself, so that it exists before the job can send
 * an event. An event only wakes it; what is true is read from Azure ML. Without events it looks again after 10
 * minutes, then 20, 40, and every hour (design decision 4). Where an event came early or the job is being canceled,
 * which sends no event, it looks again within seconds.
 */
export function* jobOrchestration(context: OrchestrationContext): Generator<Task, DoneOrEnded, unknown> {
  const { submitted, polls, ...input } = job.input.parse(context.df.getInput());
  let name = submitted;
  if (name === undefined) {
    const submission = yield* callActivity(context, submitJob, input);
    if (submission.outcome === 'ended') return submission;
    name = submission.job;
  }
  let hurried = 0;
  // Since 1.1.0 an event that comes during a look, or before continueAsNew, is not lost.
  const isOld = startedBefore(context, '1.1.0');
  const missed: Task[] | undefined = isOld ? undefined : [];
  let failures = 0;
  for (let round = polls; round < polls + POLLS_PER_GENERATION; round += 1) {
    const delayMs = hurried > 0 ? provisioningDelayMs(hurried) : jobPollDelayMs(round);
    const isFirst = !isOld && submitted !== undefined && round === polls;
    const woken = isFirst ? false : yield* eventOrTimeout(context, JOB_EVENT, delayMs, missed);
    let polled;
    try {
      polled = yield* callActivity(context, pollJob, { ...input, job: name });
      failures = 0;
    } catch (error) {
      // An outage ends no job that has run for hours: look again later.
      failures += 1;
      if (failures >= FAILURES) throw error;
      hurried = 0;
      continue;
    }
    if (polled.outcome !== 'waiting') return polled;
    hurried = woken || polled.ending ? hurried + 1 : 0;
  }
  context.df.continueAsNew({ ...input, submitted: name, polls: polls + POLLS_PER_GENERATION });
  return { outcome: 'done' };
}
