import { z } from 'zod';

import { publishRequest } from '../publishing.ts';
import { pipelineVersionRecord } from '../records/pipeline-version.ts';
import { digestSha256, pipelineName, pipelineRecord } from '../records/pipeline.ts';
import { pageOf } from './paging.ts';
import { operators, publishers, readers, type RouteContract } from './route-contract.ts';

const pipelineParams = z.strictObject({ pipeline: pipelineName });

/** A pipeline with its versions, newest first. */
export const pipelineView = z.strictObject({ ...pipelineRecord.shape, versions: z.array(pipelineVersionRecord) });

/** Routes of pipelines and of publishing them. */
export const pipelineRoutes = {
  listPipelines: {
    name: 'listPipelines',
    method: 'GET',
    path: 'v1/pipelines',
    summary: 'Pipelines, by name.',
    roles: readers,
    status: 200,
    response: pageOf(pipelineRecord),
    errors: [],
  },
  showPipeline: {
    name: 'showPipeline',
    method: 'GET',
    path: 'v1/pipelines/{pipeline}',
    summary: 'A pipeline and its versions.',
    roles: readers,
    params: pipelineParams,
    status: 200,
    response: pipelineView,
    errors: ['pipeline.unknown'],
  },
  findPipelineFiles: {
    name: 'findPipelineFiles',
    method: 'POST',
    path: 'v1/pipelines/{pipeline}/missing-files',
    summary: 'Which files of a version still have to be uploaded.',
    roles: publishers,
    params: pipelineParams,
    body: z.strictObject({ sha256: z.array(digestSha256).max(2_000) }),
    status: 200,
    response: z.strictObject({ missing: z.array(digestSha256) }),
    errors: [],
  },
  putPipelineFile: {
    name: 'putPipelineFile',
    method: 'PUT',
    path: 'v1/pipelines/{pipeline}/files/{sha256}',
    summary: 'Uploads one file under the digest of its bytes.',
    roles: publishers,
    params: z.strictObject({ pipeline: pipelineName, sha256: digestSha256 }),
    body: 'octets',
    status: 201,
    response: z.strictObject({ sha256: digestSha256, sizeBytes: z.int() }),
    errors: ['pipeline.digest-mismatch', 'http.too-large'],
  },
  publishPipeline: {
    name: 'publishPipeline',
    method: 'POST',
    path: 'v1/pipelines/{pipeline}/versions',
    summary:
      'Makes a version of uploaded files and makes it active: the folder is checked, and its git tree is recomputed and compared with the commit.',
    roles: publishers,
    params: pipelineParams,
    body: publishRequest,
    status: 201,
    response: z.strictObject({ ...pipelineVersionRecord.shape, requestId: z.string().optional() }),
    errors: [
      'pipeline.invalid',
      'pipeline.container-unknown',
      'pipeline.file-missing',
      'pipeline.commit-mismatch',
      'pipeline.ci-token-refused',
      'pipeline.endpoint-taken',
      'pipeline.not-accepted',
    ],
  },
  pausePipeline: {
    name: 'pausePipeline',
    method: 'POST',
    path: 'v1/pipelines/{pipeline}/pause',
    summary: 'Lets data collect without running.',
    roles: operators,
    params: pipelineParams,
    status: 200,
    response: pipelineRecord,
    errors: ['pipeline.unknown'],
  },
  resumePipeline: {
    name: 'resumePipeline',
    method: 'POST',
    path: 'v1/pipelines/{pipeline}/resume',
    summary: 'Lets a paused pipeline run again.',
    roles: operators,
    params: pipelineParams,
    status: 200,
    response: pipelineRecord,
    errors: ['pipeline.unknown'],
  },
} as const satisfies Record<string, RouteContract>;
