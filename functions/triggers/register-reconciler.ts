import { app, type InvocationContext, type Timer } from '@azure/functions';
import * as df from 'durable-functions';

import type { Dependencies } from '../dependencies.ts';
import { durableOrchestrationClient } from '../durable/durable-orchestration-client.ts';
import { reconcile } from './reconcile-all.ts';

/** Registers the reconciler; its schedule is an app setting. */
export function registerReconciler(connect: () => Promise<Dependencies>): void {
  app.timer('reconcile', {
    schedule: '%WHENCE_RECONCILE_SCHEDULE%',
    useMonitor: false,
    extraInputs: [df.input.durableClient()],
    handler: async (_timer: Timer, invocation: InvocationContext) => {
      await reconcile({ ...(await connect()), client: durableOrchestrationClient(df.getClient(invocation)) });
    },
  });
}
