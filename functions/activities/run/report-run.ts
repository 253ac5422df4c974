import type { RunHead, RunStep } from '#shared/contracts/records/run.ts';
import { profileDrift } from '#shared/domain/drift/profile-drift.ts';
import { isRecord, ownEntry } from '#shared/domain/is-record.ts';
import { runTrace, stepTrace } from '#shared/telemetry/run-trace.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { findRun } from '../../run-store/run-store.ts';
import { findWindow } from '../data-window/window-store.ts';
import { inspectionOf } from './data-inspections.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
/** Columns whose drift is measured: the most drifted ones. Each is a series of its own in Application Insights. */
const DRIFTED = 20;

/**
 * Tells telemetry of a run that has ended: the spans of run, data window and step attempts, and every metric of it. What
 * cannot be measured is logged; a run does not wait for its figures.
 */
export async function reportRun(deps: ActivityDependencies, head: RunHead): Promise<void> {
  const found = await findWindow(deps, head.pipeline, head.generation);
  const openedAt = found?.window.openedAt ?? head.createdAt;
  const endedAt = head.endedAt ?? head.updatedAt;
  reportWhole(deps, head, openedAt, endedAt);
  for (const step of head.steps) reportStep(deps, head, step, endedAt);
  reportVerdicts(deps, head);
  try {
    await reportDrift(deps, head);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    deps.telemetry.log('drift.unknown', { runId: head.runId, pipeline: head.pipeline, message }, runTrace(head));
  }
}

function reportWhole(deps: ActivityDependencies, head: RunHead, openedAt: string, endedAt: string): void {
  const { runId, pipeline, generation, status } = head;
  const trace = runTrace(head);
  const code = head.failure === undefined ? {} : { code: head.failure.code };
  const facts = { runId, pipeline, generation, status, ...code };
  const failed = status === 'failed';
  deps.telemetry.finished({ name: `run ${pipeline}`, ids: trace, startedAt: openedAt, endedAt, failed, facts });
  deps.telemetry.finished({
    name: 'data window',
    parent: trace,
    startedAt: openedAt,
    endedAt: head.createdAt,
    failed: false,
    facts: { pipeline, generation },
  });
  deps.telemetry.log('run.ended', facts, trace);
  deps.telemetry.measure('whence.runs', 1, { pipeline, status, ...code });
  if (status === 'succeeded')
    deps.telemetry.measure(
      'whence.data_to_service.duration',
      (Date.parse(endedAt) - Date.parse(openedAt)) / SECOND_MS,
      {
        pipeline,
      },
    );
}

function reportStep(deps: ActivityDependencies, head: RunHead, step: RunStep, runEndedAt: string): void {
  const startedAt = step.startedAt ?? step.endedAt;
  if (startedAt === undefined) return;
  const endedAt = step.endedAt ?? runEndedAt;
  const { runId, pipeline } = head;
  const { name: stepName, status, attempt } = step;
  deps.telemetry.finished({
    name: `step ${stepName}`,
    ids: stepTrace(head, stepName, attempt),
    parent: runTrace(head),
    startedAt,
    endedAt,
    failed: status === 'failed',
    facts: { runId, pipeline, stepName, attempt, status, ...(step.job === undefined ? {} : { job: step.job }) },
  });
  const durationMs = Date.parse(endedAt) - Date.parse(startedAt);
  deps.telemetry.measure('whence.step.duration', durationMs / SECOND_MS, { pipeline, stepName, status });
  if (step.job === undefined || step.compute === undefined) return;
  const { compute } = step;
  const nodeHours = (durationMs / HOUR_MS) * (step.nodes ?? 1);
  const price = ownEntry(deps.profile.pricePerNodeHour, compute);
  deps.telemetry.measure('whence.job.node_hours', nodeHours, { pipeline, stepName, compute });
  if (price !== undefined)
    deps.telemetry.measure('whence.job.cost', nodeHours * price, { pipeline, stepName, compute });
}

function reportVerdicts(deps: ActivityDependencies, { pipeline, verdicts }: RunHead): void {
  for (const { gate, verdict, reason } of verdicts ?? [])
    deps.telemetry.measure('whence.gate.verdicts', 1, {
      pipeline,
      metric: isRecord(gate) ? String(gate['metric']) : undefined,
      verdict: String(verdict),
      reason: String(reason),
    });
}

async function reportDrift(deps: ActivityDependencies, head: RunHead): Promise<void> {
  if (head.champion === undefined) return;
  const champion = await findRun(deps, head.champion.runId);
  if (champion === undefined) return;
  const [before, after] = [await inspectionOf(deps, champion), await inspectionOf(deps, head)];
  if (before === undefined || after === undefined) return;
  for (const { column, psi } of profileDrift(before.profile, after.profile).slice(0, DRIFTED))
    deps.telemetry.measure('whence.data.drift', psi, { pipeline: head.pipeline, column });
}
