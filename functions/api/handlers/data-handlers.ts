import type { z } from 'zod';

import type { dataRoutes, rejectionView } from '#shared/contracts/api/data-routes.ts';
import { dataWindow, windowTable } from '#shared/contracts/records/data-window.ts';
import { manifestRecord, manifestTable } from '#shared/contracts/records/manifest.ts';
import { rejectionRecord, rejectionTable } from '#shared/contracts/records/rejection.ts';
import { digestOf, shortDigestOf } from '#shared/domain/digest.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { RecordRange } from '#shared/ports/record-store.ts';

import { createRequest } from '../../activities/data-window/pending.ts';
import { readManifest } from '../../activities/data-window/read-manifest.ts';
import { admitBlob } from '../../activities/data-window/reject-blobs.ts';
import { touch } from '../../activities/data-window/touch.ts';
import { requirePipeline } from '../../pipelines/pipeline-store.ts';
import type { ApiDependencies, RouteHandler } from '../route-handler.ts';

interface Paging {
  readonly limit: number;
  readonly after?: string | undefined;
}

/** Data windows, newest first. */
export const listWindowsHandler: RouteHandler<typeof dataRoutes.listWindows> = async (deps, { params, query }) => {
  const { rows, next } = await pageOf(deps, windowTable, params.pipeline, query);
  const items = rows.map((row) => {
    const {
      arrivalSet: _set,
      listings: _listings,
      listingDigest: _digest,
      by: _by,
      ...view
    } = dataWindow.parse(row.value);
    return view;
  });
  return { body: { items, ...next } };
};

/** Data versions, oldest first. */
export const listDataVersionsHandler: RouteHandler<typeof dataRoutes.listDataVersions> = async (
  deps,
  { params, query },
) => {
  const { rows, next } = await pageOf(deps, manifestTable, params.pipeline, query);
  const items = rows.map((row) => {
    const { reference: _reference, ...view } = manifestRecord.parse(row.value);
    return view;
  });
  return { body: { items, ...next } };
};

/** A data version: every blob with its digest, and what was left out and why. */
export const showDataVersionHandler: RouteHandler<typeof dataRoutes.showDataVersion> = async (deps, { params }) => {
  const stored = await deps.records.get(manifestTable, {
    partition: params.pipeline,
    row: String(params.number).padStart(8, '0'),
  });
  if (stored === undefined)
    throw new WhenceError('http.not-found', `Pipeline ${params.pipeline} has no data version ${params.number}.`);
  return { body: await readManifest(deps, params.pipeline, params.number) };
};

/** Rejected and admitted blob versions. */
export const listRejectedHandler: RouteHandler<typeof dataRoutes.listRejected> = async (deps, { params, query }) => {
  const { rows, next } = await pageOf(deps, rejectionTable, params.pipeline, query);
  return {
    body: {
      items: rows.map((row): z.output<typeof rejectionView> => ({ id: row.row, ...rejectionRecord.parse(row.value) })),
      ...next,
    },
  };
};

/** Admits a rejected blob version, and asks for a run over it. */
export const admitRejectedHandler: RouteHandler<typeof dataRoutes.admitRejected> = async (deps, { params, caller }) => {
  const { record } = await requirePipeline(deps.records, params.pipeline);
  const admitted = await admitBlob(deps, params.pipeline, params.id, caller.name);
  await createRequest(deps, record.name, {
    requestId: shortDigestOf({ admit: params.id }),
    kind: 'admit',
    by: admitted.by,
    bodyDigest: digestOf({ admit: params.id }),
  });
  await touch(deps, record);
  return { body: { id: params.id, ...admitted } };
};

async function pageOf(deps: ApiDependencies, table: string, pipeline: string, { limit, after }: Paging) {
  await requirePipeline(deps.records, pipeline);
  const range: RecordRange = after === undefined ? { limit } : { limit, after };
  const page = await deps.records.query(table, pipeline, range);
  return { rows: page.records, next: page.next === undefined ? {} : { next: page.next } };
}
