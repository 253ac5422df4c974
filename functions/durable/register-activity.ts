import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import type { z } from 'zod';

import type { ActivityContract } from '#shared/contracts/activity-contract.ts';
import { isWhenceError } from '#shared/errors/whence-error.ts';
import type { OrchestrationClient } from '#shared/ports/orchestration-client.ts';
import { runTrace, type TraceIds } from '#shared/telemetry/run-trace.ts';
import type { Facts } from '#shared/telemetry/telemetry.ts';

import type { Dependencies } from '../dependencies.ts';
import { durableOrchestrationClient } from './durable-orchestration-client.ts';

/** What an activity gets: everything outside, and the durable client of its invocation. */
export type ActivityDependencies = Dependencies & { readonly client: OrchestrationClient };

/**
 * Registers an activity: its input and output are parsed by the contract, it runs in a span of the run's trace, and
 * what it throws carries its code in front of the message, because only text crosses the durable engine.
 *
 * @param connect - makes the dependencies at the first call
 * @param work - the one effect
 */
export function registerActivity<Input extends z.ZodObject | z.ZodDiscriminatedUnion, Output extends z.ZodType<object>>(
  contract: ActivityContract<Input, Output>,
  connect: () => Promise<Dependencies>,
  work: (deps: ActivityDependencies, input: z.output<Input>) => Promise<z.input<Output>>,
): void {
  df.app.activity(contract.name, {
    extraInputs: [df.input.durableClient()],
    handler: async (raw: unknown, invocation: InvocationContext) => {
      const deps = await connect();
      const input = contract.input.parse(raw) as z.output<Input>;
      const client = durableOrchestrationClient(df.getClient(invocation));
      const { facts, parent } = aboutRun(input);
      try {
        const output = await deps.telemetry.span(`activity ${contract.name}`, parent, facts, () =>
          work({ ...deps, client }, input),
        );
        return contract.output.parse(output);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        deps.telemetry.log('activity.failed', { ...facts, activity: contract.name, message }, parent);
        throw isWhenceError(error) ? new Error(`[${error.code}] ${error.message}`, { cause: error }) : error;
      }
    },
  });
}

interface About {
  readonly facts: Facts;
  readonly parent: TraceIds | undefined;
}

/** Standard facts of the run, step and attempt that an input names, and the run's trace. */
function aboutRun(input: unknown): About {
  if (typeof input !== 'object' || input === null) return { facts: {}, parent: undefined };
  const { run, step, attempt } = input as {
    run?: { runId?: string; runKey?: string; pipeline?: string };
    step?: string;
    attempt?: number;
  };
  const facts: Facts = {
    ...(run?.runId === undefined ? {} : { runId: run.runId }),
    ...(run?.pipeline === undefined ? {} : { pipeline: run.pipeline }),
    ...(step === undefined ? {} : { stepName: step }),
    ...(attempt === undefined ? {} : { attempt }),
  };
  return { facts, parent: run?.runKey === undefined ? undefined : runTrace(run.runKey) };
}
