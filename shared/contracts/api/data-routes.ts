import { z } from 'zod';

import { dataWindow } from '../records/data-window.ts';
import { manifest, manifestRecord } from '../records/manifest.ts';
import { pipelineName } from '../records/pipeline.ts';
import { rejectionRecord } from '../records/rejection.ts';
import { pageOf, pagingQuery } from './paging.ts';
import { operators, readers, type RouteContract } from './route-contract.ts';

const params = z.strictObject({ pipeline: pipelineName });
const query = z.strictObject(pagingQuery);

/** A data window as the API shows it. */
export const windowView = dataWindow.omit({ arrivalSet: true, listings: true, listingDigest: true, by: true });

/** A rejected blob version; `id` names it for admitting. */
export const rejectionView = z.strictObject({ id: z.string(), ...rejectionRecord.shape });

/** Routes of data: windows, versions, rejected blobs. */
export const dataRoutes = {
  listWindows: {
    name: 'listWindows',
    method: 'GET',
    path: 'v1/pipelines/{pipeline}/windows',
    summary: 'Data windows, newest first.',
    roles: readers,
    params,
    query,
    status: 200,
    response: pageOf(windowView),
    errors: ['pipeline.unknown'],
  },
  listDataVersions: {
    name: 'listDataVersions',
    method: 'GET',
    path: 'v1/pipelines/{pipeline}/data-versions',
    summary: 'Data versions, oldest first.',
    roles: readers,
    params,
    query,
    status: 200,
    response: pageOf(manifestRecord.omit({ reference: true })),
    errors: ['pipeline.unknown'],
  },
  showDataVersion: {
    name: 'showDataVersion',
    method: 'GET',
    path: 'v1/pipelines/{pipeline}/data-versions/{number}',
    summary: 'A data version: every blob with its digest, and what was left out and why.',
    roles: readers,
    params: z.strictObject({ pipeline: pipelineName, number: z.coerce.number().int().positive() }),
    status: 200,
    response: manifest,
    errors: ['http.not-found'],
  },
  listRejected: {
    name: 'listRejected',
    method: 'GET',
    path: 'v1/pipelines/{pipeline}/rejected',
    summary: 'Blob versions that break the data contract, and those that were admitted after all.',
    roles: readers,
    params,
    query,
    status: 200,
    response: pageOf(rejectionView),
    errors: ['pipeline.unknown'],
  },
  admitRejected: {
    name: 'admitRejected',
    method: 'POST',
    path: 'v1/pipelines/{pipeline}/rejected/{id}/admit',
    summary: 'Admits a rejected blob version; it stays admitted.',
    roles: operators,
    params: z.strictObject({ pipeline: pipelineName, id: z.string().regex(/^[0-9a-f]{64}$/) }),
    status: 200,
    response: rejectionView,
    errors: ['pipeline.unknown', 'http.not-found'],
  },
} as const satisfies Record<string, RouteContract>;
