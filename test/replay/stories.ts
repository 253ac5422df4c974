/** What the recorded histories tell. Each is played once for a release and replayed by every later one. */
import type { Worker } from '#local/worker/worker.ts';
import type { RecordedTurn } from '#test/fixtures/apps/orchestrations/app.ts';

import { jobs, Stage } from '../orchestrations/stage.ts';

/** By name, which is the name of the file. */
export const stories: Readonly<Record<string, (worker: Worker) => Promise<void>>> = {
  async succeeded(worker) {
    let looks = 0;
    const stage = new Stage(worker, (name) => {
      if (name !== 'createDeployment') return undefined;
      looks += 1;
      return looks < 3 ? { outcome: 'provisioning', state: 'creating' } : undefined;
    });
    await stage.start();
    await stage.jobChanged(jobs.train);
    await stage.jobChanged(jobs.evaluate);
    await stage.passTime(60_000);
  },

  async 'without-events'(worker) {
    let looks = 0;
    const stage = new Stage(worker, (name) => {
      if (name !== 'pollJob') return undefined;
      looks += 1;
      return looks === 18 ? undefined : { outcome: 'waiting', state: 'Running', ending: false };
    });
    await stage.start();
    await stage.passTime(24 * 3_600_000);
  },

  async 'roll-out-reverted'(worker) {
    const failure = { code: 'rollout.smoke-test-failed', message: 'It answered 500.', details: { status: 500 } };
    const stage = new Stage(worker, (name) =>
      name === 'smokeTest' ? { outcome: 'ended', status: 'failed', failure } : undefined,
    );
    await stage.start();
    await stage.jobChanged(jobs.train);
    await stage.jobChanged(jobs.evaluate);
    await stage.passTime(60_000);
  },

  async retried(worker) {
    let attempts = 0;
    const stage = new Stage(worker, (name) => {
      if (name !== 'registerData') return undefined;
      attempts += 1;
      if (attempts < 3) throw new Error('[storage.unavailable] no answer');
      return undefined;
    });
    await stage.start();
    await stage.passTime(60_000);
    await stage.jobChanged(jobs.train);
    await stage.jobChanged(jobs.evaluate);
  },

  async 'data-window'(worker) {
    let looks = 0;
    const stage: Stage = new Stage(worker, (name) => {
      looks += 1;
      if (name === 'closeWindow' && looks < 4)
        return {
          outcome: 'wait',
          until: new Date(stage.clock.nowMs() + 60_000).toISOString(),
          because: looks === 1 ? 'not-quiet' : 'slot-busy',
        };
      if (name === 'finishWindow') return { outcome: 'done' };
      return name === 'sealWindow' && looks < 6 ? { outcome: 'again' } : { outcome: 'next' };
    });
    await stage.hub.start('dataWindow', 'demo-1', JSON.stringify({ pipeline: 'demo', generation: 1 }));
    await stage.hub.settled();
    await stage.passTime(61_000);
    await stage.passTime(61_000);
    await stage.passTime(61_000);
  },
};

/**
 * Plays a story.
 *
 * @returns the last turn of every execution in it: its history holds all of the earlier ones, and what it answers all
 *   actions
 */
export async function play(worker: Worker, story: (worker: Worker) => Promise<void>): Promise<RecordedTurn[]> {
  const turns: RecordedTurn[] = [];
  const recorder = globalThis as { recordedTurns?: RecordedTurn[] };
  recorder.recordedTurns = turns;
  await story(worker);
  delete recorder.recordedTurns;
  const last = new Map(turns.map((turn) => [executionOf(turn), turn]));
  return [...last.values()];
}

function executionOf({ input }: RecordedTurn): unknown {
  const { history } = input as {
    readonly history: readonly { readonly OrchestrationInstance?: { readonly ExecutionId: string } }[];
  };
  return history.find((event) => event.OrchestrationInstance !== undefined)?.OrchestrationInstance?.ExecutionId;
}
