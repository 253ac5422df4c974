/** The whole host is killed, again and again, while a run is under way. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Random } from '../protocol/random.ts';
import { Laptop } from './laptop.ts';
import { rows } from './tiny-pipeline.ts';

/** @source issue 3 */
const KILLS = 20;

let laptop: Laptop;

beforeAll(async () => {
  laptop = await Laptop.start();
}, 120_000);

afterAll(() => laptop[Symbol.asyncDispose]());

test(`a run survives ${KILLS} kills of the host and submits each job once`, { timeout: 600_000 }, async () => {
  const random = new Random(20_261_125);
  await laptop.publish({ name: 'killed' });
  await laptop.drop('killed/a.csv', rows(1));
  for (let kill = 0; kill < KILLS; kill += 1) {
    // A moment is a number of calls: it differs by seed, and the machine's speed does not matter.
    for (let call = random.integer(0, 40); call > 0; call -= 1) await laptop.runs('killed');
    await laptop.killAndRestart();
  }
  const [run, ...others] = await laptop.endedRuns('killed', 1);
  expect(others).toEqual([]);
  const events = await laptop.events(run?.runId ?? '');
  expect(run, JSON.stringify(events, undefined, 1)).toMatchObject({ status: 'succeeded' });
  expect(events.filter(({ type }) => type === 'run.succeeded')).toHaveLength(1);
  const jobs = await laptop.jobs();
  expect(jobs.toSorted()).toEqual(run?.steps.flatMap(({ job }) => job ?? []).toSorted());
});
