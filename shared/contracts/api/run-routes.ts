import { z } from 'zod';

import { runStatuses } from '#shared/domain/run/statuses.ts';

import { pipelineName } from '../records/pipeline.ts';
import { runEvent, runHead, runIndexEntry } from '../records/run.ts';
import { pageOf, pagingQuery } from './paging.ts';
import { operators, readers, type RouteContract } from './route-contract.ts';

/** Id of a run, as requests name it. */
export const runIdParam = z.string().regex(/^[a-z0-9-]{1,100}$/);
const runParams = z.strictObject({ runId: runIdParam });

/** A run as the API shows it. */
export const runView = runHead.omit({ eventKeys: true });
/** See {@link runView}. */
export type RunView = z.output<typeof runView>;

/** What became of a request so far. */
export const requestView = z.strictObject({
  requestId: z.string(),
  pipeline: pipelineName,
  kind: z.string(),
  state: z.enum(['open', 'run', 'no-change']),
  runId: z.string().optional(),
  createdAt: z.iso.datetime(),
});
/** See {@link requestView}. */
export type RequestView = z.output<typeof requestView>;

/** Routes of runs and of the requests that lead to them. */
export const runRoutes = {
  startRun: {
    name: 'startRun',
    method: 'POST',
    path: 'v1/runs',
    summary:
      'Asks for a run of a pipeline. The answer is a request: it becomes a run once the data window has closed, or is found to change nothing.',
    roles: operators,
    idempotent: true,
    body: z.strictObject({ pipeline: pipelineName, reason: z.string().max(500).optional() }),
    status: 202,
    response: requestView,
    errors: ['pipeline.unknown', 'http.idempotency-key-missing', 'http.idempotency-key-reused'],
  },
  showRequest: {
    name: 'showRequest',
    method: 'GET',
    path: 'v1/pipelines/{pipeline}/requests/{requestId}',
    summary: 'What became of a request.',
    roles: readers,
    params: z.strictObject({ pipeline: pipelineName, requestId: z.string().regex(/^[A-Za-z0-9-]{1,100}$/) }),
    status: 200,
    response: requestView,
    errors: ['http.not-found'],
  },
  listRuns: {
    name: 'listRuns',
    method: 'GET',
    path: 'v1/runs',
    summary: 'Runs, newest first.',
    roles: readers,
    query: z.strictObject({
      ...pagingQuery,
      pipeline: pipelineName.optional(),
      status: z.enum(runStatuses).optional(),
    }),
    status: 200,
    response: pageOf(runIndexEntry),
    errors: [],
  },
  showRun: {
    name: 'showRun',
    method: 'GET',
    path: 'v1/runs/{runId}',
    summary: 'One run: steps, data, model, verdicts.',
    roles: readers,
    params: runParams,
    status: 200,
    response: runView,
    errors: ['run.unknown'],
  },
  cancelRun: {
    name: 'cancelRun',
    method: 'POST',
    path: 'v1/runs/{runId}/cancel',
    summary: 'Asks a run to end: its job is canceled first, then the run.',
    roles: operators,
    params: runParams,
    status: 202,
    response: runView,
    errors: ['run.unknown', 'run.ended'],
  },
  listRunEvents: {
    name: 'listRunEvents',
    method: 'GET',
    path: 'v1/runs/{runId}/events',
    summary:
      'Events of a run, oldest first; with `Accept: text/event-stream` as they come, for up to three minutes at a time.',
    roles: readers,
    params: runParams,
    query: z.strictObject({
      limit: pagingQuery.limit,
      after: z.coerce
        .number()
        .int()
        .nonnegative()
        .default(0)
        .meta({ description: 'Sequence number of the last event that is known.' }),
    }),
    status: 200,
    response: pageOf(runEvent),
    stream: true,
    errors: ['run.unknown'],
  },
} as const satisfies Record<string, RouteContract>;
