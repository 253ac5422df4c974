import { z } from 'zod';

import { runStatuses, stepNames, stepStatuses } from '#shared/domain/run/statuses.ts';

import { digestSha256, pipelineName } from './pipeline.ts';
import { storedObject } from './stored-object.ts';

/** Table of run heads and run events: partition = run id; rows `head` and `event-<8 digits>`. */
export const runTable = 'runs';
/** Table of run index rows: partitions `all` and the pipeline's name; row = {@link runIndexRow}. The reconciler mends the newest. */
export const runIndexTable = 'runindex';
/** Row of the head. */
export const runHeadRow = 'head';

/** @returns the row of an event; `seq` counts from 1 */
export function runEventRow(seq: number): string {
  return `event-${String(seq).padStart(8, '0')}`;
}

/** @returns a row key that sorts newest first */
export function runIndexRow(createdAt: string, runId: string): string {
  return `${String(9_999_999_999_999 - Date.parse(createdAt)).padStart(13, '0')}-${runId}`;
}

/** A failure as a value. `code` is one of the catalogue's. */
export const failure = storedObject({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
});

/** What identifies a run and what it is about; pinned when its data window was sealed. */
export const runScope = storedObject({
  runId: z.string(),
  runKey: digestSha256,
  pipeline: pipelineName,
  pipelineVersion: digestSha256,
  generation: z.int().positive(),
  manifestNumber: z.int().positive(),
  manifestDigest: digestSha256,
  occasion: z.string(),
});
/** See {@link runScope}. */
export type RunScope = z.output<typeof runScope>;

/** One step of a run. */
export const runStep = storedObject({
  name: z.enum(stepNames),
  status: z.enum(stepStatuses),
  attempt: z.int().nonnegative(),
  startedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
  /** Azure ML job of the attempt. */
  job: z.string().optional(),
  /** Compute of the job, and nodes that it holds at most at one time. */
  compute: z.string().optional(),
  nodes: z.int().positive().optional(),
  /** One sentence for people. */
  summary: z.string().optional(),
  failure: failure.optional(),
});
/** See {@link runStep}. */
export type RunStep = z.output<typeof runStep>;

/** A model version in the registry. */
export const modelReference = storedObject({ name: z.string(), version: z.string() });

/** The head row of a run: the view of all its events. */
export const runHead = storedObject({
  schemaVersion: z.literal(1),
  ...runScope.shape,
  status: z.enum(runStatuses),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  cancelRequestedAt: z.iso.datetime().optional(),
  cancelRequestedBy: z.string().optional(),
  requests: z.array(z.string()),
  steps: z.array(runStep),
  /** Data asset version that the jobs read. */
  data: storedObject({ name: z.string(), version: z.string(), blobs: z.int(), sizeBytes: z.int() }).optional(),
  /** Model that the candidate was compared with, and the run that made it. */
  champion: storedObject({ ...modelReference.shape, runId: z.string() }).optional(),
  model: modelReference.optional(),
  endpoint: z.string().optional(),
  deployment: z.string().optional(),
  /** Verdicts of the gates with all their numbers. */
  verdicts: z.array(z.record(z.string(), z.unknown())).optional(),
  failure: failure.optional(),
  /** Key of each event → its sequence number: an event is appended once, however often its activity runs. */
  eventKeys: z.record(z.string(), z.int().positive()),
});
/** See {@link runHead}. */
export type RunHead = z.output<typeof runHead>;

/** Types of run events. */
export const runEventTypes = [
  'run.started',
  'run.cancel-requested',
  'run.succeeded',
  'run.refused',
  'run.failed',
  'run.canceled',
  'step.started',
  'step.succeeded',
  'step.refused',
  'step.failed',
  'step.canceled',
  'job.submitted',
  'job.state',
  'gate.verdict',
  'traffic.changed',
] as const;

/** One event of a run. Events are never changed. */
export const runEvent = storedObject({
  schemaVersion: z.literal(1),
  runId: z.string(),
  seq: z.int().positive(),
  at: z.iso.datetime(),
  type: z.enum(runEventTypes),
  step: z.enum(stepNames).optional(),
  attempt: z.int().positive().optional(),
  /** One sentence for people. */
  summary: z.string(),
  data: z.record(z.string(), z.unknown()),
});
/** See {@link runEvent}. */
export type RunEvent = z.output<typeof runEvent>;

/** Row of the index: enough for a list. */
export const runIndexEntry = runHead.pick({
  runId: true,
  pipeline: true,
  pipelineVersion: true,
  manifestDigest: true,
  generation: true,
  occasion: true,
  status: true,
  createdAt: true,
  updatedAt: true,
  endedAt: true,
  model: true,
});
/** See {@link runIndexEntry}. */
export type RunIndexEntry = z.output<typeof runIndexEntry>;
