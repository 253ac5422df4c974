/** What goes wrong in a pipeline, through the built app and the laptop runtime: said clearly, and nothing is lost. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { ApiProblem } from '#cli/client/api-client.ts';
import { dataRoutes } from '#shared/contracts/api/data-routes.ts';
import { platformRoutes } from '#shared/contracts/api/platform-routes.ts';
import { runRoutes } from '#shared/contracts/api/run-routes.ts';

import { Laptop } from './laptop.ts';
import { rows } from './tiny-pipeline.ts';

let laptop: Laptop;

beforeAll(async () => {
  laptop = await Laptop.start({
    WHENCE_STAGE_PROFILE: JSON.stringify({ accepts: ['verified', 'claimed', 'unverified'] }),
  });
}, 120_000);

afterAll(() => laptop[Symbol.asyncDispose]());

describe.concurrent('a pipeline', { timeout: 300_000 }, () => {
  test('whose data breaks its contract stops before it trains, names what is wrong, and goes on when it is mended', async () => {
    await laptop.publish({ name: 'broken' });
    await laptop.drop('broken/good.csv', rows(1));
    await laptop.drop('broken/bad.csv', 'id,value,note\n11,5,fine\n12,5000,too much\n');
    const [refused] = await laptop.endedRuns('broken', 1);
    expect(refused).toMatchObject({ status: 'refused', failure: { code: 'run.data-rejected' } });
    expect(refused?.failure?.message).toMatch(/broken\/bad\.csv.*value.*1000/s);
    expect(refused?.steps.find(({ name }) => name === 'train')).toMatchObject({ status: 'skipped' });

    // The good file alone is data, so the window after it runs without the bad one.
    const [, without] = await laptop.endedRuns('broken', 2);
    expect(without).toMatchObject({ status: 'succeeded' });
    const rejected = await laptop.api.call(dataRoutes.listRejected, { params: { pipeline: 'broken' } });
    expect(rejected.items).toMatchObject([{ path: 'broken/bad.csv', state: 'rejected', by: 'data-contract' }]);
    expect(rejected.items[0]?.findings.join(' ')).toMatch(/value/);

    await laptop.drop('broken/bad.csv', rows(11, 2));
    const [, , mended] = await laptop.endedRuns('broken', 3);
    expect(mended).toMatchObject({ status: 'succeeded' });
  });

  test('whose rejected data an operator admits runs over it', async () => {
    await laptop.publish({ name: 'admitted' });
    await laptop.drop('admitted/odd.csv', 'id,value,note\n1,5000,rightly so\n');
    const [refused] = await laptop.endedRuns('admitted', 1);
    expect(refused).toMatchObject({ status: 'refused' });
    const { items } = await laptop.api.call(dataRoutes.listRejected, { params: { pipeline: 'admitted' } });
    await laptop.api.call(dataRoutes.admitRejected, { params: { pipeline: 'admitted', id: items[0]?.id ?? '' } });
    const [, admitted] = await laptop.endedRuns('admitted', 2);
    expect(admitted).toMatchObject({ status: 'succeeded' });
    expect(admitted?.steps.find(({ name }) => name === 'validate')?.summary).toContain('admitted in spite of findings');
    await laptop.doneWindows('admitted', 2);
    expect(await laptop.runs('admitted')).toHaveLength(2);
  });

  test('that was published from files that no commit holds is trained and judged, and never deployed', async () => {
    await laptop.publish({ name: 'dirty', isDirty: true });
    await laptop.drop('dirty/a.csv', rows(1));
    const [run] = await laptop.endedRuns('dirty', 1);
    expect(run).toMatchObject({ status: 'refused', failure: { code: 'run.version-unverified' } });
    expect(run?.verdicts).toMatchObject([{ verdict: 'passed' }]);
    await expect(
      laptop.api.call(platformRoutes.showEndpoint, { params: { name: 'dirty-local' } }),
    ).rejects.toBeInstanceOf(ApiProblem);
  });

  test('whose training job fails ends as failed, with the last lines of its log', async () => {
    await laptop.publish({ name: 'failing', training: 'fails' });
    await laptop.drop('failing/a.csv', rows(1));
    const [run] = await laptop.endedRuns('failing', 1);
    expect(run).toMatchObject({ status: 'failed', failure: { code: 'run.job-failed' } });
    expect(JSON.stringify(run?.failure)).toContain('the loss is not a number');
    await expect(
      laptop.api.call(platformRoutes.showEndpoint, { params: { name: 'failing-local' } }),
    ).rejects.toBeInstanceOf(ApiProblem);
  });

  test('whose run is canceled cancels the job first', async () => {
    await laptop.publish({ name: 'canceled', training: 'waits' });
    await laptop.drop('canceled/a.csv', rows(1));
    const runId = await vi.waitFor(
      async () => {
        const [run] = await laptop.runs('canceled');
        if (run?.steps.find(({ name }) => name === 'train')?.job === undefined)
          throw new Error('It does not train yet.');
        return run.runId;
      },
      { timeout: 120_000, interval: 300 },
    );
    await laptop.api.call(runRoutes.cancelRun, { params: { runId } });
    const [run] = await laptop.endedRuns('canceled', 1);
    expect(run).toMatchObject({ status: 'canceled', failure: { code: 'run.canceled' } });
    const events = (await laptop.events(runId)).map(({ type, summary }) => `${type}: ${summary}`);
    const told = ['job.state: Canceling job', 'step.canceled', 'run.canceled'];
    expect(events.flatMap((event) => told.filter((one) => event.startsWith(one)))).toEqual(told);
  });

  test('whose new deployment fails its smoke test keeps serving with the old one, at every moment', async () => {
    await laptop.publish({ name: 'smoky' });
    await laptop.drop('smoky/a.csv', rows(1));
    const [first] = await laptop.endedRuns('smoky', 1);
    expect(first).toMatchObject({ status: 'succeeded' });
    const { items } = await laptop.api.call(platformRoutes.listEndpoints, {});
    const endpoint = items.find(({ pipeline }) => pipeline === 'smoky')?.endpoint ?? '';
    const before = await laptop.api.call(platformRoutes.showEndpoint, { params: { name: endpoint } });

    await laptop.publish({ name: 'smoky', serving: 'fails' });
    const answers: number[] = [];
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        const { status } = await laptop.api.call(platformRoutes.invokeEndpoint, {
          params: { name: endpoint },
          body: { input: { id: 1 } },
        });
        answers.push(status);
      }
    })();
    const [, second] = await laptop.endedRuns('smoky', 2);
    isOver = true;
    await asking;
    expect(second).toMatchObject({ status: 'failed', failure: { code: 'rollout.smoke-test-failed' } });
    expect(answers.length).toBeGreaterThan(10);
    expect(new Set(answers)).toEqual(new Set([200]));
    const after = await laptop.api.call(platformRoutes.showEndpoint, { params: { name: endpoint } });
    expect(after).toMatchObject({ traffic: before.traffic });
  });

  test('whose contract has a check in SQL is refused by name', async () => {
    const contract = `apiVersion: v3.0.2
kind: DataContract
id: sql
version: 1.0.0
status: active
schema:
  - name: sql
    logicalType: object
    quality:
      - { type: sql, query: "SELECT COUNT(*) FROM read_csv('/etc/passwd')", mustBe: 0 }
    properties:
      - { name: id, logicalType: integer }
`;
    await expect(laptop.publish({ name: 'sql', contract })).rejects.toThrow(/mistake/);
  });
});
