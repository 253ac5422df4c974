import { describe, expect, test } from 'vitest';

import { handleMlEvent } from '#functions/triggers/ml-events.ts';
import { JOB_EVENT } from '#shared/domain/run/job-polling.ts';
import { MemoryMessageBus } from '#test/support/memory-message-bus.ts';
import { silentTelemetry } from '#test/support/silent-telemetry.ts';

const workspace = '/subscriptions/S/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w';

describe('a message of the queue ml-events', () => {
  test.each(['RunCompleted', 'RunStatusChanged'])(
    'wakes the orchestration that waits for its job: %s',
    async (type) => {
      const { deps, raised } = makeDependencies();

      expect(await handleMlEvent(deps, message({ type: `Microsoft.MachineLearningServices.${type}` }))).toBe('woken');

      expect(raised).toEqual([{ instanceId: 'churn-train-1', event: JOB_EVENT }]);
    },
  );

  test('may come as an array of one, and name the workspace in other case', async () => {
    const { deps } = makeDependencies();
    const { body } = message({ source: workspace.toUpperCase() });

    expect(await handleMlEvent(deps, { messageId: 'm', body: [body] })).toBe('woken');
  });

  test('about a job that nobody waits for is dropped', async () => {
    const { deps } = makeDependencies();

    expect(await handleMlEvent(deps, message({ data: { runId: 'by-hand' } }))).toBe('nobody-waits');
  });

  test.each([
    ['of another workspace', { source: `${workspace}2` }, /another Azure ML workspace/],
    ['of another type', { type: 'Microsoft.MachineLearningServices.ModelRegistered' }, /type/],
    ['without a job', { data: {} }, /data\.runId/],
    ['of another CloudEvents version', { specversion: '0.3' }, /specversion/],
  ])('%s goes to quarantine with the reason and its id', async (_, change, reason) => {
    const { deps, bus, raised } = makeDependencies();

    expect(await handleMlEvent(deps, message(change))).toBe('quarantined');

    expect(bus.sent('quarantine')).toMatchObject([
      { body: { queue: 'ml-events', originalMessageId: 'm-1', reason: expect.stringMatching(reason) } },
    ]);
    expect(raised).toEqual([]);
  });
});

interface Raised {
  readonly instanceId: string;
  readonly event: string;
}

function makeDependencies(): {
  readonly deps: Parameters<typeof handleMlEvent>[0];
  readonly bus: MemoryMessageBus;
  readonly raised: Raised[];
} {
  const bus = new MemoryMessageBus('quarantine');
  const raised: Raised[] = [];
  const deps: Parameters<typeof handleMlEvent>[0] = {
    bus,
    config: { WHENCE_AZURE_ML_WORKSPACE_ID: workspace },
    client: {
      raiseEvent: async (instanceId, event) => {
        if (instanceId !== 'churn-train-1') return false;
        raised.push({ instanceId, event });
        return true;
      },
    },
    telemetry: silentTelemetry,
  };
  return { deps, bus, raised };
}

function message(change: Readonly<Record<string, unknown>>): { readonly messageId: string; readonly body: object } {
  return {
    messageId: 'm-1',
    body: {
      specversion: '1.0',
      id: '1',
      source: workspace,
      type: 'Microsoft.MachineLearningServices.RunCompleted',
      data: { runId: 'churn-train-1' },
      ...change,
    },
  };
}
