import { join } from 'node:path';

import { afterEach, beforeAll, expect, test } from 'vitest';

import { VirtualClock } from '#local/task-hub/clock.ts';
import { eventTypes } from '#local/task-hub/history.ts';
import { TaskHub } from '#local/task-hub/hub.ts';
import type { Instance } from '#local/task-hub/instance.ts';
import { loadModules, type Worker } from '#local/worker/worker.ts';

const app = join(import.meta.dirname, '..', 'fixtures', 'apps', 'hub', 'app.ts');
let worker: Worker;
let clock: VirtualClock;
let hub: TaskHub;
const warnings: string[] = [];

beforeAll(async () => {
  worker = await loadModules([app], { appDirectory: '.', onLog: () => undefined });
});
afterEach(() => hub.stop());

function open(): void {
  clock = new VirtualClock();
  hub = new TaskHub({
    worker,
    databaseFile: ':memory:',
    config: { defaultVersion: '1.0.0' },
    clock,
    random: () => 0.5,
    onWarning: (text) => warnings.push(text),
  });
}

async function run(name: string, input: unknown): Promise<Instance> {
  open();
  await hub.start(name, 'i', JSON.stringify(input));
  await hub.settled();
  return required('i');
}

function required(id: string): Instance {
  const instance = hub.instances.get(id);
  if (instance === undefined) throw new Error(`no instance ${id}`);
  return instance;
}

async function advance(ms: number): Promise<void> {
  clock.moveTo(clock.nowMs() + ms);
  await hub.settled();
}

test('n sequential steps cost n+1 turns and n+1 commits, the start among them', async () => {
  const instance = await run('sequence', { steps: 5 });
  expect(instance).toMatchObject({ status: 'Completed', output: '5' });
  expect(hub.counts).toEqual({ turns: 6, activities: 5 });
  expect(hub.commits).toBe(6);
});

test('a fan-in of 1,000 takes at most 20 turns', async () => {
  const instance = await run('fan', { width: 1_000 });
  expect(instance).toMatchObject({ status: 'Completed', output: '1000' });
  expect(hub.counts.turns).toBeLessThanOrEqual(20);
});

test('a failing activity is tried again after growing pauses', async () => {
  await run('retry', {});
  expect(required('i').status).toBe('Running');
  await advance(1_000);
  await advance(2_000);
  expect(required('i')).toMatchObject({ status: 'Completed', output: '{"ok":true}' });
});

test('an error surfaces after the last attempt and one more timer', async () => {
  await run('exhausted', {});
  await advance(1_000);
  expect(required('i').status).toBe('Running');
  await advance(0);
  expect(required('i')).toMatchObject({ status: 'Completed', output: `"Activity function 'bad' failed: always"` });
});

test('a child runs and answers', async () => {
  expect(await run('parent', {})).toMatchObject({ status: 'Completed', output: '2' });
  expect(required('i-child')).toMatchObject({ status: 'Completed', version: '1.0.0' });
});

test('an event wins against a timer, which is canceled', async () => {
  await run('waiter', {});
  await hub.send('i', eventTypes.eventRaised, { Name: 'GO', Input: '1' });
  await hub.settled();
  expect(required('i').status).toBe('Running');
  await hub.send('i', eventTypes.eventRaised, { Name: 'go', Input: '{"a":1}' });
  await hub.settled();
  expect(required('i')).toMatchObject({ status: 'Completed', output: '{"a":1}' });
  expect(clock.nextMs()).toBeUndefined();
});

test('a timer fires early, as in Azure', async () => {
  await run('waiter', {});
  await advance(3_600_000 - 501);
  expect(required('i').status).toBe('Running');
  await advance(1);
  expect(required('i')).toMatchObject({ status: 'Completed', output: '"timeout"' });
});

test('continueAsNew begins a new execution with an empty history', async () => {
  const instance = await run('again', { round: 1 });
  expect(instance).toMatchObject({ status: 'Completed', output: '3' });
  expect(instance.history.filter((event) => event.EventType === eventTypes.taskCompleted)).toHaveLength(1);
});

test.each([
  ['twice', /second Task\.any/],
  ['unknownActivity', /there is no activity .*nobody/],
  ['thrower', /Orchestrator function 'thrower' failed: on purpose/],
])('%s fails loudly', async (name, reason) => {
  const instance = await run(name, {});
  await advance(2_000);
  expect(instance.status).toBe('Failed');
  expect(instance.output).toMatch(reason);
});

test('terminate, suspend and resume', async () => {
  await run('waiter', {});
  await hub.send('i', eventTypes.executionSuspended, { Reason: 'hold' });
  await hub.settled();
  expect(required('i')).toMatchObject({ status: 'Suspended', suspendReason: 'hold' });
  await hub.send('i', eventTypes.eventRaised, { Name: 'go', Input: '1' });
  await hub.settled();
  expect(required('i').status).toBe('Suspended');
  await hub.send('i', eventTypes.executionResumed, { Reason: 'on' });
  await hub.settled();
  expect(required('i')).toMatchObject({ status: 'Completed', output: '1' });
  await hub.start('waiter', 'j', '{}');
  await hub.settled();
  await hub.send('j', eventTypes.executionTerminated, { Input: 'enough' });
  await hub.settled();
  expect(required('j')).toMatchObject({ status: 'Terminated', output: '"enough"' });
});

test('a live id is refused, an ended one is silently started again', async () => {
  await run('waiter', {});
  expect(await hub.start('waiter', 'i', '{}')).toEqual({ outcome: 'exists', status: 'Running' });
  await hub.send('i', eventTypes.eventRaised, { Name: 'go', Input: '1' });
  await hub.settled();
  expect(await hub.start('sequence', 'i', '{"steps":1}')).toMatchObject({ outcome: 'started' });
  await hub.settled();
  expect(required('i')).toMatchObject({ name: 'sequence', status: 'Completed' });
});

test('an instance of a newer version stays Pending, and that is said', async () => {
  open();
  await hub.start('sequence', 'i', '{"steps":1}', '2.0.0');
  await hub.settled();
  expect(required('i').status).toBe('Pending');
  expect(warnings.at(-1)).toContain('stays Pending');
});
