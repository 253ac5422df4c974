import { z } from 'zod';

import type { RunView } from '#shared/contracts/api/run-routes.ts';
import type { RunEvent, RunIndexEntry, RunStep } from '#shared/contracts/records/run.ts';
import type { RunStatus, StepStatus } from '#shared/domain/run/statuses.ts';
import { errorCatalogue, type ErrorCode } from '#shared/errors/catalogue.ts';

import { factLines } from './facts.ts';
import { tone, type Tone } from './style.ts';
import { table } from './table.ts';
import { verdictTable } from './verdicts.ts';

/** What of a failure's details people are shown; details that are not so are left out. */
const failureDetails = z.object({
  /** A job's log comes as lines, a deployment's as text. */
  lastLines: z
    .union([z.array(z.string()), z.string().transform((text) => text.split('\n').filter((line) => line.trim() !== ''))])
    .catch([]),
  studioUrl: z.string().optional().catch(undefined),
});

/** How a status looks: one table for runs and steps. */
const looks: Readonly<Record<RunStatus | StepStatus, { readonly icon: string; readonly as: Tone }>> = {
  pending: { icon: '·', as: 'quiet' },
  running: { icon: '▸', as: 'name' },
  succeeded: { icon: '✔', as: 'good' },
  refused: { icon: '■', as: 'warn' },
  failed: { icon: '✖', as: 'bad' },
  canceled: { icon: '○', as: 'warn' },
  skipped: { icon: '–', as: 'quiet' },
};

/** @returns a status with its icon and colour */
export function statusText(status: RunStatus | StepStatus): string {
  const { icon, as } = looks[status];
  return tone(`${icon} ${status}`, as);
}

/** Runs as a table. */
export function runList(runs: readonly RunIndexEntry[]): string {
  if (runs.length === 0) return 'No runs.';
  const rows = runs.map((run) => [
    run.runId,
    statusText(run.status),
    run.createdAt.replace('T', ' ').slice(0, 19),
    run.manifestDigest.slice(0, 12),
    run.model === undefined ? '' : `${run.model.name}:${run.model.version}`,
  ]);
  return table(['RUN', 'STATUS', 'STARTED (UTC)', 'DATA', 'MODEL'], rows);
}

/** One run, whole. */
export function runPage(run: RunView): string {
  const facts = factLines([
    ['run', run.runId],
    ['status', statusText(run.status)],
    ['pipeline', `${run.pipeline}, version ${run.pipelineVersion.slice(0, 12)}`],
    ['data', `manifest ${run.manifestDigest.slice(0, 12)}${run.data === undefined ? '' : `, ${run.data.blobs} files`}`],
    ...(run.model === undefined ? [] : [['model', `${run.model.name}:${run.model.version}`]]),
    ...(run.endpoint === undefined ? [] : [['serves at', `${run.endpoint} (${run.deployment ?? ''})`]]),
    ...(run.failure === undefined ? [] : [['because', `${run.failure.message} (${run.failure.code})`]]),
  ]);
  const steps = table(
    ['STEP', 'STATUS', 'TIME', ''],
    run.steps.map((step) => [step.name, statusText(step.status), duration(step), step.summary ?? '']),
  );
  const parts = [facts, steps];
  if (run.verdicts !== undefined && run.verdicts.length > 0) parts.push(verdictTable(run.verdicts));
  if (run.failure !== undefined) parts.push(failureText(run.failure));
  return parts.filter((part) => part !== '').join('\n\n');
}

/** What is known of a failure beside its message: the end of the job's log, where to look, and what to do. */
function failureText({ code, details }: NonNullable<RunView['failure']>): string {
  const { lastLines, studioUrl } = failureDetails.parse(details);
  const log =
    lastLines.length === 0 ? [] : [tone('The log ends with', 'strong'), ...lastLines.map((one) => `  ${one}`)];
  const remedy = isErrorCode(code) ? errorCatalogue[code].remedy : undefined;
  return [
    ...log,
    factLines([
      ...(studioUrl === undefined ? [] : [['studio', studioUrl]]),
      ...(remedy === undefined ? [] : [['to do', remedy]]),
    ]),
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}

/** One event as one line. */
export function eventLine(event: RunEvent): string {
  const outcome = event.type.split('.')[1] ?? '';
  const look = Object.entries(looks).find(([status]) => status === outcome)?.[1] ?? { icon: '·', as: 'quiet' as const };
  const where = event.step === undefined ? event.type : `${event.step}`;
  return `${tone(event.at.slice(11, 19), 'quiet')} ${tone(`${look.icon} ${where.padEnd(9)}`, look.as)} ${event.summary}`;
}

function duration(step: RunStep): string {
  if (step.startedAt === undefined || step.endedAt === undefined) return '';
  const seconds = (Date.parse(step.endedAt) - Date.parse(step.startedAt)) / 1_000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
