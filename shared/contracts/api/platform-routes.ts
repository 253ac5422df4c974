import { z } from 'zod';

import { modelDescription } from '../records/model-description.ts';
import { modelReference, runIndexEntry } from '../records/run.ts';
import { pipelineVersionRecord } from '../records/pipeline-version.ts';
import { servingRecord } from '../records/serving.ts';
import { pipelineName } from '../records/pipeline.ts';
import { diagnosis } from './diagnosis.ts';
import { pageOf, pagingQuery } from './paging.ts';
import { operators, readers, type RouteContract } from './route-contract.ts';

const assetName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/);

/** A model version and where it comes from. */
export const modelView = z.strictObject({
  ...modelReference.shape,
  pipeline: pipelineName,
  runId: z.string(),
  pipelineVersion: z.string(),
  manifestDigest: z.string(),
  generation: z.int(),
  runStatus: z.string(),
  createdAt: z.iso.datetime(),
});

/** A model version as the registry has it, the run that made it, and what it says of itself. */
export const modelDetails = z.strictObject({
  ...modelReference.shape,
  id: z.string(),
  type: z.string().optional(),
  tags: z.record(z.string(), z.string()),
  run: runIndexEntry.optional(),
  /** Where the run's pipeline version comes from: its commit, and what is known of who published it. */
  code: pipelineVersionRecord.pick({ commit: true, folder: true, remote: true, trust: true }).optional(),
  /** What an MLflow model says of itself. */
  mlflow: modelDescription.optional(),
});
/** See {@link modelDetails}. */
export type ModelDetails = z.output<typeof modelDetails>;

/** What an endpoint should serve and what it says itself. */
export const endpointView = z.strictObject({
  ...servingRecord.pick({
    endpoint: true,
    pipeline: true,
    manifestNumber: true,
    runId: true,
    model: true,
    deployment: true,
    traffic: true,
    updatedAt: true,
  }).shape,
  /** As Azure ML tells it now; absent while there is no such endpoint. */
  live: z
    .strictObject({
      provisioning: z.string(),
      traffic: z.record(z.string(), z.number()),
      scoringUri: z.string().optional(),
      deployments: z.array(
        z.strictObject({ name: z.string(), provisioning: z.string(), model: z.string().optional() }),
      ),
    })
    .optional(),
});
/** See {@link endpointView}. */
export type EndpointDetails = z.output<typeof endpointView>;

/** Routes of models, endpoints and the app itself. */
export const platformRoutes = {
  health: {
    name: 'health',
    method: 'GET',
    path: 'health',
    summary: 'Whether the app reaches its records, its blobs and its durable engine.',
    roles: 'none',
    status: 200,
    response: z.strictObject({
      status: z.enum(['ok', 'degraded']),
      stage: z.string(),
      checks: z.record(z.string(), z.string()),
    }),
    errors: [],
  },
  diagnose: {
    name: 'diagnose',
    method: 'GET',
    path: 'v1/diagnosis',
    summary:
      'The app looks at everything that it stands on, with its own identity and from its own network, and says how to mend what is not right.',
    roles: operators,
    status: 200,
    response: diagnosis,
    errors: [],
  },
  openApi: {
    name: 'openApi',
    method: 'GET',
    path: 'v1/openapi.json',
    summary: 'This document.',
    roles: 'none',
    status: 200,
    response: z.looseObject({ openapi: z.string() }),
    errors: [],
  },
  listModels: {
    name: 'listModels',
    method: 'GET',
    path: 'v1/models',
    summary: 'Model versions that runs registered, newest first.',
    roles: readers,
    query: z.strictObject({ ...pagingQuery, pipeline: pipelineName.optional() }),
    status: 200,
    response: pageOf(modelView),
    errors: [],
  },
  showModel: {
    name: 'showModel',
    method: 'GET',
    path: 'v1/models/{name}/versions/{version}',
    summary: 'A model version: its run, data, code and job.',
    roles: readers,
    params: z.strictObject({ name: assetName, version: assetName }),
    status: 200,
    response: modelDetails,
    errors: ['http.not-found'],
  },
  listEndpoints: {
    name: 'listEndpoints',
    method: 'GET',
    path: 'v1/endpoints',
    summary: 'Endpoints and what they should serve.',
    roles: readers,
    status: 200,
    response: pageOf(endpointView),
    errors: [],
  },
  showEndpoint: {
    name: 'showEndpoint',
    method: 'GET',
    path: 'v1/endpoints/{name}',
    summary: 'An endpoint: what it should serve and what it serves.',
    roles: readers,
    params: z.strictObject({ name: assetName }),
    status: 200,
    response: endpointView,
    errors: ['http.not-found'],
  },
  invokeEndpoint: {
    name: 'invokeEndpoint',
    method: 'POST',
    path: 'v1/endpoints/{name}/invoke',
    summary: 'Sends a scoring request to an endpoint with the identity of the app.',
    roles: operators,
    params: z.strictObject({ name: assetName }),
    body: z.strictObject({ input: z.unknown(), deployment: assetName.optional() }),
    status: 200,
    response: z.strictObject({
      status: z.int(),
      deployment: z.string().optional(),
      output: z.unknown(),
      /** Where the request was refused: what of it the model's signature does not have, a sentence each. */
      findings: z.array(z.string()).optional(),
    }),
    errors: ['http.not-found'],
  },
} as const satisfies Record<string, RouteContract>;
