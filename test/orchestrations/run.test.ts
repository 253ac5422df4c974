/** The decisions of a run, over scripted activities, on the real replay. */
import { beforeAll, describe, expect, test } from 'vitest';

import type { Worker } from '#local/worker/worker.ts';

import { jobs, loadOrchestrations, run, Stage } from './stage.ts';

const failure = { code: 'run.job-failed', message: 'Job x failed.', details: {} };
const failed = { outcome: 'ended', status: 'failed', failure };
const notMine = { outcome: 'ended', status: 'not-mine', failure: { ...failure, code: 'run.not-mine' } };
let worker: Worker;

beforeAll(async () => {
  worker = await loadOrchestrations();
});

/** Runs to the end; both jobs send their events. */
async function runWith(answers: Readonly<Record<string, object>>): Promise<Stage> {
  const stage = new Stage(worker, (name) => answers[name]);
  await stage.start();
  for (const job of [jobs.train, jobs.evaluate])
    if (stage.hub.instances.get(job)?.status === 'Running') await stage.jobChanged(job);
  await stage.passTime(60_000);
  return stage;
}

function result({ hub }: Stage): unknown {
  return JSON.parse(hub.instances.get(run.runId)?.output ?? 'null');
}

describe('a run', () => {
  test.each([
    'registerData',
    'validateRunData',
    'submitJob',
    'pollJob',
    'judgeGates',
    'registerModel',
    'prepareRollOut',
  ])('that %s ends is finished, and nothing comes after it', async (name) => {
    const stage = await runWith({ [name]: failed });
    expect(result(stage)).toEqual({ status: 'failed', failure });
    expect(stage.calls.indexOf('finishRun')).toBe(stage.calls.indexOf(name) + 1);
    expect(stage.calls.filter((call) => call === 'finishRun')).toHaveLength(1);
  });

  test('that another execution owns touches nothing', async () => {
    const stage = await runWith({ startRun: notMine });
    expect(stage.calls).toEqual(['startRun']);
    expect(result(stage)).toMatchObject({ status: 'not-mine' });
  });

  test('that loses its claim on the way ends without finishing', async () => {
    const stage = await runWith({ judgeGates: notMine });
    expect(stage.calls.at(-1)).toBe('judgeGates');
  });

  test.each(['createDeployment', 'smokeTest', 'shiftTraffic'])(
    'whose roll-out fails at %s restores the traffic that was, then ends',
    async (name) => {
      const stage = await runWith({ [name]: failed });
      expect(stage.calls.slice(stage.calls.indexOf(name))).toEqual([name, 'revertRollOut', 'finishRun']);
      expect(result(stage)).toEqual({ status: 'failed', failure });
    },
  );
});

describe('an activity that throws', () => {
  test('is tried again, and the run goes on', async () => {
    let attempts = 0;
    const stage = new Stage(worker, (name) => {
      if (name !== 'registerData') return undefined;
      attempts += 1;
      if (attempts < 4) throw new Error('[storage.unavailable] no answer');
      return { outcome: 'done' };
    });
    await stage.start();
    await stage.passTime(30_000);
    expect(attempts).toBe(4);
    expect(stage.calls).toContain('submitJob');
  });

  test('eight times ends the run with the code in front of its message', async () => {
    const stage = new Stage(worker, (name) => {
      if (name === 'registerData') throw new Error('[storage.unavailable] no answer');
      return undefined;
    });
    await stage.start();
    await stage.passTime(20 * 60_000);
    expect(stage.calls.filter((call) => call === 'registerData')).toHaveLength(8);
    expect(result(stage)).toMatchObject({ status: 'failed', failure: { code: 'storage.unavailable' } });
    expect(stage.calls.at(-1)).toBe('finishRun');
  });
});

describe('a job', () => {
  test('whose event never comes is looked at after ten minutes', async () => {
    const stage = new Stage(worker, () => undefined);
    await stage.start();
    await stage.passTime(599_000);
    expect(stage.calls).not.toContain('pollJob');
    await stage.passTime(1_000);
    expect(stage.calls).toContain('pollJob');
  });

  test('whose event comes early is looked at again within seconds', async () => {
    let looks = 0;
    const stage = new Stage(worker, (name) => {
      if (name !== 'pollJob') return undefined;
      looks += 1;
      return looks === 1 ? { outcome: 'waiting', state: 'Finalizing', ending: true } : undefined;
    });
    await stage.start();
    await stage.jobChanged(jobs.train);
    expect(looks).toBe(1);
    await stage.passTime(5_000);
    expect(looks).toBe(2);
  });

  test('leaves no timer behind', async () => {
    const stage = await runWith({});
    expect(stage.instance(run.runId).status).toBe('Completed');
    expect(stage.clock.nextMs()).toBeUndefined();
  });
});
