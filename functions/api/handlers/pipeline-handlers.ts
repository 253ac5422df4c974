import type { pipelineRoutes } from '#shared/contracts/api/pipeline-routes.ts';
import { pipelineVersionRecord, pipelineVersionTable } from '#shared/contracts/records/pipeline-version.ts';
import { pipelineTable, type PipelineRecord } from '#shared/contracts/records/pipeline.ts';
import { sha256 } from '#shared/domain/digest.ts';
import { limits } from '#shared/domain/limits.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import { touch } from '../../activities/data-window/touch.ts';
import { wakeWaitingWindow } from '../../activities/data-window/wake.ts';
import { inParallel } from '../../in-parallel.ts';
import { filePath, listPipelines, requirePipeline } from '../../pipelines/pipeline-store.ts';
import { publish } from '../../pipelines/publish.ts';
import type { ApiDependencies, RouteHandler } from '../route-handler.ts';

/** How often a lost race for a record is tried again. */
const ATTEMPTS = 20;
/** Files looked for at a time. */
const PARALLEL = 16;

/** Pipelines, by name. */
export const listPipelinesHandler: RouteHandler<typeof pipelineRoutes.listPipelines> = async (deps) => ({
  body: { items: [...(await listPipelines(deps.records))] },
});

/** A pipeline and its versions, newest first. */
export const showPipelineHandler: RouteHandler<typeof pipelineRoutes.showPipeline> = async (deps, { params }) => {
  const { record } = await requirePipeline(deps.records, params.pipeline);
  const page = await deps.records.query(pipelineVersionTable, params.pipeline, { limit: limits.apiPageRows });
  const versions = page.records
    .map((one) => pipelineVersionRecord.parse(one.value))
    .sort((a, b) => (a.publishedAt < b.publishedAt ? 1 : -1));
  return { body: { ...record, versions } };
};

/** Which files still have to be uploaded. */
export const findPipelineFilesHandler: RouteHandler<typeof pipelineRoutes.findPipelineFiles> = async (
  deps,
  { body },
) => {
  const heads = await inParallel(PARALLEL, body.sha256, (digest) =>
    deps.state.head(deps.config.WHENCE_STATE_CONTAINER, filePath(digest)),
  );
  return { body: { missing: body.sha256.filter((_digest, at) => heads[at] === undefined) } };
};

/** Uploads one file under the digest of its bytes. */
export const putPipelineFileHandler: RouteHandler<typeof pipelineRoutes.putPipelineFile> = async (
  deps,
  { params, body },
) => {
  if (sha256(body) !== params.sha256)
    throw new WhenceError(
      'pipeline.digest-mismatch',
      `The ${body.length} bytes that came are not those of ${params.sha256}.`,
    );
  await deps.state.putIfAbsent(
    deps.config.WHENCE_STATE_CONTAINER,
    filePath(params.sha256),
    body,
    'application/octet-stream',
  );
  return { body: { sha256: params.sha256, sizeBytes: body.length } };
};

/** Publishes a version. */
export const publishPipelineHandler: RouteHandler<typeof pipelineRoutes.publishPipeline> = async (
  deps,
  { params, body, caller },
) => {
  const { record, requestId } = await publish(deps, params.pipeline, body, caller.name);
  return { body: requestId === undefined ? record : { ...record, requestId } };
};

/** Lets data collect without running. */
export const pausePipelineHandler: RouteHandler<typeof pipelineRoutes.pausePipeline> = async (
  deps,
  { params, caller },
) => ({
  body: await setPaused(deps, params.pipeline, true, caller.name),
});

/** Lets a paused pipeline run again: a window that waits looks at once. */
export const resumePipelineHandler: RouteHandler<typeof pipelineRoutes.resumePipeline> = async (
  deps,
  { params, caller },
) => {
  const record = await setPaused(deps, params.pipeline, false, caller.name);
  await touch(deps, record);
  await wakeWaitingWindow(deps, record.name);
  return { body: record };
};

async function setPaused(deps: ApiDependencies, name: string, paused: boolean, by: string): Promise<PipelineRecord> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { record, etag } = await requirePipeline(deps.records, name);
    if (record.paused === paused) return record;
    const next: PipelineRecord = {
      ...record,
      paused,
      updatedAt: new Date(deps.clock.nowMs()).toISOString(),
      updatedBy: by,
    };
    const outcome = await deps.records.replace(
      pipelineTable.table,
      { partition: pipelineTable.partition, row: name },
      next,
      etag,
    );
    if (outcome.outcome === 'replaced') return next;
  }
  throw new WhenceError('storage.unavailable', `The record of pipeline ${name} changes too often.`);
}
