import { app, type InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';

import type { TokenVerifier } from '#shared/ports/token-verifier.ts';

import type { Dependencies } from '../dependencies.ts';
import { durableOrchestrationClient } from '../durable/durable-orchestration-client.ts';
import { servedRoutes } from './routes.ts';
import type { ApiDependencies } from './route-handler.ts';
import { serveRoute } from './serve-route.ts';

/**
 * Registers every route with the Functions host. Authorisation is the app's own, so the host's keys are off.
 *
 * @param connect - makes the dependencies at the first call
 */
export function registerRoutes(connect: () => Promise<Dependencies & { readonly tokens: TokenVerifier }>): void {
  const forInvocation = async (invocation: InvocationContext): Promise<ApiDependencies> => ({
    ...(await connect()),
    client: durableOrchestrationClient(df.getClient(invocation)),
  });
  for (const { route, handler } of servedRoutes()) {
    app.http(`api-${route.name}`, {
      route: route.path,
      methods: [route.method],
      authLevel: 'anonymous',
      extraInputs: [df.input.durableClient()],
      handler: (request, invocation) => serveRoute(route, handler, forInvocation, request, invocation),
    });
  }
}
