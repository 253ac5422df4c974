import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import type { z } from 'zod';

import type { ActivityContract } from '#shared/contracts/activity-contract.ts';
import type { RunScope } from '#shared/contracts/records/run.ts';
import type { StepName } from '#shared/domain/run/statuses.ts';
import { isWhenceError } from '#shared/errors/whence-error.ts';
import type { OrchestrationClient } from '#shared/ports/orchestration-client.ts';
import { runTrace, stepTrace, type TracedRun, type TraceIds } from '#shared/telemetry/run-trace.ts';
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
      const { facts, parent } = aboutRun(contract, input);
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

/**
 * Standard facts of the run, step and attempt that an activity works for, and the span above it: the step attempt, or
 * the whole run where the activity belongs to no step.
 */
function aboutRun(contract: { readonly step?: StepName }, input: unknown): About {
  if (typeof input !== 'object' || input === null) return { facts: {}, parent: undefined };
  const about = input as Partial<TracedRun> & { run?: RunScope; step?: StepName; attempt?: number };
  const { pipeline, generation } = about.run ?? about;
  const step = contract.step ?? about.step;
  const attempt = about.attempt ?? (step === undefined ? undefined : 1);
  const facts: Facts = {
    ...(about.run === undefined ? {} : { runId: about.run.runId }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(generation === undefined ? {} : { generation }),
    ...(step === undefined ? {} : { stepName: step }),
    ...(attempt === undefined ? {} : { attempt }),
  };
  if (pipeline === undefined || generation === undefined) return { facts, parent: undefined };
  const traced = { pipeline, generation };
  return {
    facts,
    parent: step === undefined || attempt === undefined ? runTrace(traced) : stepTrace(traced, step, attempt),
  };
}
