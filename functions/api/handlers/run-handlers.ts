import type { RequestView, runRoutes, RunView } from '#shared/contracts/api/run-routes.ts';
import type { OpenRequest, ResolvedRequest } from '#shared/contracts/records/request.ts';
import type { RunHead } from '#shared/contracts/records/run.ts';
import { requestIdOf } from '#shared/domain/data-window/keys.ts';
import { digestOf } from '#shared/domain/digest.ts';
import { JOB_EVENT } from '#shared/domain/run/job-polling.ts';
import { terminalRunStatuses } from '#shared/domain/run/statuses.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import { createRequest, findRequest } from '../../activities/data-window/pending.ts';
import { touch } from '../../activities/data-window/touch.ts';
import { requirePipeline } from '../../pipelines/pipeline-store.ts';
import { appendRunEvent, listRuns, readRunEvents, requireRun } from '../../run-store/run-store.ts';
import { runEventStream } from '../run-event-stream.ts';
import type { RouteHandler } from '../route-handler.ts';

/** How many pages of the index one list request reads at most when it filters by status. */
const FILTER_PAGES = 10;

/** Asks for a run: the request is written first, then the window is touched; the same key asks once. */
export const startRunHandler: RouteHandler<typeof runRoutes.startRun> = async (
  deps,
  { body, caller, idempotencyKey },
) => {
  const { record } = await requirePipeline(deps.records, body.pipeline);
  const requestId = requestIdOf(record.name, caller.objectId, idempotencyKey);
  const request = await createRequest(deps, record.name, {
    requestId,
    kind: 'start',
    by: caller.name,
    bodyDigest: digestOf(body),
    ...(body.reason === undefined ? {} : { reason: body.reason }),
  });
  if (!('resolution' in request)) await touch(deps, record);
  return { body: toRequestView(record.name, request) };
};

/** What became of a request. */
export const showRequestHandler: RouteHandler<typeof runRoutes.showRequest> = async (deps, { params }) => {
  const request = await findRequest(deps, params.pipeline, params.requestId);
  if (request === undefined)
    throw new WhenceError('http.not-found', `Pipeline ${params.pipeline} has no request ${params.requestId}.`);
  return { body: toRequestView(params.pipeline, request) };
};

/** Runs, newest first. */
export const listRunsHandler: RouteHandler<typeof runRoutes.listRuns> = async (deps, { query }) => {
  const { limit, pipeline, status } = query;
  const items = [];
  let after = query.after;
  for (let page = 0; page < FILTER_PAGES; page += 1) {
    const found = await listRuns(deps, pipeline, {
      limit: limit - items.length,
      ...(after === undefined ? {} : { after }),
    });
    items.push(...found.runs.filter((run) => status === undefined || run.status === status));
    after = found.next;
    if (after === undefined || items.length >= limit) break;
  }
  return { body: after === undefined ? { items } : { items, next: after } };
};

/** One run. */
export const showRunHandler: RouteHandler<typeof runRoutes.showRun> = async (deps, { params }) => ({
  body: toView(await requireRun(deps, params.runId)),
});

/** Asks a run to end: stored first, told second; whoever waits reads it again on a timer. */
export const cancelRunHandler: RouteHandler<typeof runRoutes.cancelRun> = async (deps, { params, caller }) => {
  const before = await requireRun(deps, params.runId);
  if (terminalRunStatuses.has(before.status))
    throw new WhenceError('run.ended', `Run ${params.runId} is ${before.status} already.`);
  const at = new Date(deps.clock.nowMs()).toISOString();
  const head = await appendRunEvent(
    deps,
    params.runId,
    {
      key: 'run.cancel-requested',
      type: 'run.cancel-requested',
      summary: `${caller.name} asked to cancel.`,
      data: { by: caller.name, objectId: caller.objectId },
    },
    (run) => ({ ...run, cancelRequestedAt: at, cancelRequestedBy: caller.name }),
  );
  for (const step of head.steps) {
    if (step.status === 'running' && step.job !== undefined)
      await deps.client.raiseEvent(step.job, JOB_EVENT, { because: 'cancel' });
  }
  return { body: toView(head) };
};

/** Events of a run: a page, or a stream. */
export const listRunEventsHandler: RouteHandler<typeof runRoutes.listRunEvents> = async (deps, call) => {
  const { runId } = call.params;
  await requireRun(deps, runId);
  if (call.header('accept')?.includes('text/event-stream') === true) {
    const last = Number(call.header('last-event-id') ?? call.query.after);
    return { events: runEventStream(deps, runId, Number.isSafeInteger(last) && last >= 0 ? last : 0) };
  }
  const items = [...(await readRunEvents(deps, runId, call.query.after, call.query.limit))];
  const last = items.at(-1);
  return {
    body: items.length === call.query.limit && last !== undefined ? { items, next: String(last.seq) } : { items },
  };
};

function toRequestView(pipeline: string, request: OpenRequest | ResolvedRequest): RequestView {
  const { requestId, kind, createdAt } = request;
  const view = { requestId, pipeline, kind, createdAt };
  if (!('resolution' in request)) return { ...view, state: 'open' };
  return { ...view, state: request.resolution, ...(request.runId === undefined ? {} : { runId: request.runId }) };
}

function toView(head: RunHead): RunView {
  const { eventKeys: _eventKeys, ...view } = head;
  return view;
}
