import { dataRoutes } from '#shared/contracts/api/data-routes.ts';
import { pipelineRoutes } from '#shared/contracts/api/pipeline-routes.ts';
import { platformRoutes } from '#shared/contracts/api/platform-routes.ts';
import type { RouteContract } from '#shared/contracts/api/route-contract.ts';
import { runRoutes } from '#shared/contracts/api/run-routes.ts';

import { diagnose } from '../diagnosis/diagnose.ts';
import * as data from './handlers/data-handlers.ts';
import * as pipelines from './handlers/pipeline-handlers.ts';
import * as platform from './handlers/platform-handlers.ts';
import * as runs from './handlers/run-handlers.ts';
import { openApiDocument } from './openapi.ts';
import type { RouteHandler } from './route-handler.ts';

/** A route and what answers it. */
export interface ServedRoute {
  readonly route: RouteContract;
  readonly handler: RouteHandler<RouteContract>;
}

/** Every contract of the API; the OpenAPI document is made of them. */
export const routeContracts: readonly RouteContract[] = [runRoutes, pipelineRoutes, dataRoutes, platformRoutes].flatMap(
  (group) => Object.values<RouteContract>(group),
);

/** Every route with its handler. */
export function servedRoutes(): readonly ServedRoute[] {
  // Made when somebody asks: it takes a tenth of a cold start.
  let document: Record<string, unknown> | undefined;
  const openApi: RouteHandler<typeof platformRoutes.openApi> = async () => ({
    body: (document ??= openApiDocument(routeContracts)) as { openapi: string },
  });
  return [
    serve(runRoutes.startRun, runs.startRunHandler),
    serve(runRoutes.showRequest, runs.showRequestHandler),
    serve(runRoutes.listRuns, runs.listRunsHandler),
    serve(runRoutes.showRun, runs.showRunHandler),
    serve(runRoutes.cancelRun, runs.cancelRunHandler),
    serve(runRoutes.listRunEvents, runs.listRunEventsHandler),
    serve(pipelineRoutes.listPipelines, pipelines.listPipelinesHandler),
    serve(pipelineRoutes.showPipeline, pipelines.showPipelineHandler),
    serve(pipelineRoutes.findPipelineFiles, pipelines.findPipelineFilesHandler),
    serve(pipelineRoutes.putPipelineFile, pipelines.putPipelineFileHandler),
    serve(pipelineRoutes.publishPipeline, pipelines.publishPipelineHandler),
    serve(pipelineRoutes.pausePipeline, pipelines.pausePipelineHandler),
    serve(pipelineRoutes.resumePipeline, pipelines.resumePipelineHandler),
    serve(dataRoutes.listWindows, data.listWindowsHandler),
    serve(dataRoutes.listDataVersions, data.listDataVersionsHandler),
    serve(dataRoutes.showDataVersion, data.showDataVersionHandler),
    serve(dataRoutes.listRejected, data.listRejectedHandler),
    serve(dataRoutes.admitRejected, data.admitRejectedHandler),
    serve(platformRoutes.listModels, platform.listModelsHandler),
    serve(platformRoutes.showModel, platform.showModelHandler),
    serve(platformRoutes.listEndpoints, platform.listEndpointsHandler),
    serve(platformRoutes.showEndpoint, platform.showEndpointHandler),
    serve(platformRoutes.invokeEndpoint, platform.invokeEndpointHandler),
    serve(platformRoutes.health, platform.healthHandler),
    serve(platformRoutes.diagnose, async (deps) => ({ body: await diagnose(deps) })),
    serve(platformRoutes.openApi, openApi),
  ];
}

/** Forgets the types of one route; the shell parses by the contract before the handler sees anything. */
function serve<Route extends RouteContract>(route: Route, handler: RouteHandler<Route>): ServedRoute {
  return { route, handler: handler as unknown as RouteHandler<RouteContract> };
}
