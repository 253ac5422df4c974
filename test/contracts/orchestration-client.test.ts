import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';

import { durableOrchestrationClient } from '#functions/durable/durable-orchestration-client.ts';
import { startFunctionsHost } from '#local/functions-host/functions-host.ts';

import { Engine, type SimulatedContext } from '../protocol/engine.ts';
import { Random } from '../protocol/random.ts';
import { Scheduler } from '../protocol/scheduler.ts';
import { orchestrationClientSuite } from './orchestration-client.suite.ts';

const HOUR_MS = 3_600_000;

orchestrationClientSuite('the engine of the protocol simulation', async () => {
  const random = new Random(1);
  const scheduler = new Scheduler(random);
  const client = new Engine(scheduler, random, {
    orchestrations: {
      *waits(context: SimulatedContext) {
        const durable = context.df as unknown as {
          readonly Task: { any(tasks: readonly unknown[]): unknown };
          waitForExternalEvent(name: string): unknown;
          createTimer(at: Date): unknown;
        };
        const never = durable.createTimer(new Date(scheduler.nowMs() + HOUR_MS));
        yield durable.Task.any([durable.waitForExternalEvent('go'), never]);
        return {};
      },
    },
    activities: {},
    onDefect: (what) => {
      throw new Error(what);
    },
  });
  client.habits.areBad = false;
  return {
    client,
    async settled() {
      for (let step = 0; step < 5 && (scheduler.nextDueMs() ?? HOUR_MS) < scheduler.nowMs() + 1_000; step += 1)
        await scheduler.step();
    },
    [Symbol.asyncDispose]: async () => {},
  };
});

orchestrationClientSuite('the client of durable-functions over the task hub', async () => {
  const stateFolder = mkdtempSync(join(tmpdir(), 'whence-client-'));
  const host = await startFunctionsHost({
    appDirectory: join(import.meta.dirname, '..', 'fixtures', 'apps', 'waits'),
    env: {},
    stateFolder,
    onLog: () => undefined,
  });
  const input = df.input.durableClient();
  const invocation = new InvocationContext({ invocationId: 'i', functionName: 'f', options: { extraInputs: [input] } });
  invocation.extraInputs.set(input, JSON.parse(host.hub.clientBinding()));
  return {
    client: durableOrchestrationClient(df.getClient(invocation)),
    settled: () => host.hub.settled(),
    async [Symbol.asyncDispose]() {
      await host.stop();
      rmSync(stateFolder, { recursive: true });
    },
  };
});
