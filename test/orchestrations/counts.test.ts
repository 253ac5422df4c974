/**
 * What a run costs, exactly. The floor is one episode for each thing that is awaited one after another, and one to
 * begin (performance.md §2.1): n activities, e events and f timers in one instance cost 1 + n + e + f.
 */
import { beforeAll, expect, test } from 'vitest';

import type { Worker } from '#local/worker/worker.ts';

import { jobs, loadOrchestrations, run, Stage } from './stage.ts';

const HOUR_MS = 3_600_000;
let worker: Worker;

beforeAll(async () => {
  worker = await loadOrchestrations();
});

/** The demo's pipeline: both jobs end with an event, the endpoint and the deployment take one look each. */
async function wholeRun(trainingMs: number): Promise<Stage> {
  let trainingEndsMs = Number.POSITIVE_INFINITY;
  const looks = new Map<string, number>();
  const stage: Stage = new Stage(worker, (name, input) => {
    if (name === 'submitJob' && input['step'] === 'train') trainingEndsMs = stage.clock.nowMs() + trainingMs;
    if (name === 'pollJob' && input['step'] === 'train' && stage.clock.nowMs() < trainingEndsMs)
      return { outcome: 'waiting', state: 'Running', ending: false };
    const look = (looks.get(name) ?? 0) + 1;
    looks.set(name, look);
    const isProvisioning = ['prepareRollOut', 'createDeployment', 'shiftTraffic'].includes(name) && look === 1;
    return isProvisioning ? { outcome: 'provisioning', state: 'creating' } : undefined;
  });
  await stage.start();
  await stage.passTime(trainingMs);
  await stage.jobChanged(jobs.train);
  await stage.jobChanged(jobs.evaluate);
  await stage.passTime(60_000);
  expect(stage.instance(run.runId)).toMatchObject({ status: 'Completed', output: '{"status":"succeeded"}' });
  return stage;
}

function costs({ hub, calls }: Stage) {
  const histories = [...hub.instances.values()].map(({ history }) => history);
  return {
    episodes: hub.counts.turns,
    activities: calls.length,
    events: histories.flat().length,
    kilobytes: Math.round(JSON.stringify(histories).length / 1_000),
  };
}

/** Looks without an event within a time: after 10, 20 and 40 minutes, then every hour. @source design decision 4 */
function fallbackLooks(ms: number): number {
  const firstMinutes = [10, 30, 70];
  const minutes = ms / 60_000;
  return firstMinutes.filter((at) => at <= minutes).length + Math.max(0, Math.floor((minutes - 70) / 60));
}

test('a run costs 29 episodes, 17 activities and 116 history events of 17 kB', async () => {
  const stage = await wholeRun(60_000);
  // 4 instances begin; 17 activities, 3 children, 2 job events and 3 pauses of provisioning are awaited in turn.
  expect(costs(stage)).toEqual({ episodes: 4 + 17 + 3 + 2 + 3, activities: 17, events: 116, kilobytes: 17 });
  expect(stage.calls).toEqual([
    'startRun',
    'registerData',
    'validateRunData',
    'submitJob',
    'pollJob',
    'submitJob',
    'pollJob',
    'judgeGates',
    'registerModel',
    'prepareRollOut',
    'prepareRollOut',
    'createDeployment',
    'createDeployment',
    'smokeTest',
    'shiftTraffic',
    'shiftTraffic',
    'finishRun',
  ]);
});

test.each([1, 2, 24, 240])('a job of %i hours costs nothing more but its looks without an event', async (hours) => {
  const looks = fallbackLooks(hours * HOUR_MS);
  const stage = await wholeRun(hours * HOUR_MS);
  // A look is a timer and an activity. After 16 looks a new generation begins, with a look of its own at once.
  const generations = looks < 16 ? 0 : 1 + Math.floor((looks - 16) / 15);
  expect(costs(stage)).toMatchObject({
    episodes: 29 + 2 * looks + 2 * generations,
    activities: 17 + looks + generations,
  });
  // However long the job is, no history holds more than one generation of looks.
  const longest = Math.max(...[...stage.hub.instances.values()].map(({ history }) => history.length));
  expect(longest).toBeLessThanOrEqual(16 * 9 + 20);
});
