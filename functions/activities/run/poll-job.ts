import type { z } from 'zod';

import type { OwnedRun, pollJob } from '#shared/contracts/activities/run/run-activities.ts';
import type { JobStep } from '#shared/domain/run/names.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { JobView } from '#shared/ports/ml-platform.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { readBlobEnd } from '../../read-blob.ts';
import { appendRunEvent, requireRun } from '../../run-store/run-store.ts';
import { fence } from '../data-window/fence.ts';
import { canceled, closeStep, finishStep, notMine } from './step.ts';

/** Log lines that a failure carries at most. */
const LOG_LINES = 40;
/** Characters of each. */
const LINE_CHARS = 400;
/** Bytes of all as JSON: with the rest of the failure they stay below `limits.payloadBytes`, whatever the script. */
const LINES_BYTES = 30_000;
/** Bytes at the end of the log that are read for them, however long it is. */
const LOG_BYTES = 200_000;

type Input = OwnedRun & { readonly step: JobStep; readonly attempt: number; readonly job: string };

/** Reads where a job stands; somebody who canceled the run has the job canceled first. */
export async function pollJobActivity(
  deps: ActivityDependencies,
  { step, job: name, attempt: _attempt, ...owned }: Input,
): Promise<z.input<typeof pollJob.output>> {
  const { run } = owned;
  if (!(await fence(deps, { runKey: run.runKey, token: owned.token }))) return notMine(run.runId);
  const head = await requireRun(deps, run.runId);
  const job = await deps.ml.job(name);
  if (job === undefined) throw new WhenceError('azure-ml.unavailable', `Job ${name} is not there (yet).`);
  switch (job.state) {
    case 'completed':
      return finishStep(deps, owned, step, {
        summary: `Job ${name} completed.`,
        data: { job: name, outputs: job.outputs },
      });
    case 'failed':
      return closeStep(deps, owned, step, {
        status: 'failed',
        failure: { code: 'run.job-failed', message: `Job ${name} failed.`, details: await detailsOf(deps, job) },
      });
    case 'canceled':
      if (head.cancelRequestedAt !== undefined) return closeStep(deps, owned, step, canceled(head));
      return closeStep(deps, owned, step, {
        status: 'canceled',
        failure: { code: 'run.job-canceled', message: `Job ${name} was canceled in Azure ML.`, details: { job: name } },
      });
    case 'queued':
    case 'running':
    case 'canceling':
    case 'unknown':
      if (head.cancelRequestedAt !== undefined && job.state !== 'canceling')
        await cancelJob(deps, run.runId, step, name);
      return {
        outcome: 'waiting',
        state: job.rawStatus,
        ending: head.cancelRequestedAt !== undefined || job.rawStatus === 'Finalizing',
      };
  }
}

async function cancelJob(deps: ActivityDependencies, runId: string, step: JobStep, job: string): Promise<void> {
  await deps.ml.cancelJob(job);
  await appendRunEvent(
    deps,
    runId,
    { key: `job.canceling:${job}`, type: 'job.state', step, summary: `Canceling job ${job}.`, data: { job } },
    (head) => head,
  );
}

async function detailsOf(deps: ActivityDependencies, job: JobView): Promise<Record<string, unknown>> {
  const lastLines = await lastLogLines(deps, job.name);
  return { job: job.name, lastLines, ...(job.studioUrl === undefined ? {} : { studioUrl: job.studioUrl }) };
}

/**
 * The last lines of a job's log.
 *
 * @source azure-facts.md 3.4 and 3.6: the reason of a failure is not in the ARM body; the log is in the artifact store
 */
async function lastLogLines(deps: ActivityDependencies, job: string): Promise<readonly string[]> {
  const path = `ExperimentRun/dcid.${job}/user_logs/std_log.txt`;
  const log = await readBlobEnd(deps.mlBlobs, deps.config.WHENCE_ML_ARTIFACTS_CONTAINER, path, LOG_BYTES);
  const lines = log
    .toString('utf8')
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '')
    .slice(-LOG_LINES)
    .map((line) => line.slice(0, LINE_CHARS));
  while (Buffer.byteLength(JSON.stringify(lines)) > LINES_BYTES) lines.shift();
  return lines;
}
