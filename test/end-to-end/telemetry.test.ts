/** One trace a run: from the message about its data, through window, steps, activities and jobs, to its end. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';

import { runTrace, stepTrace } from '#shared/telemetry/run-trace.ts';

import { Laptop } from './laptop.ts';
import { rows } from './tiny-pipeline.ts';

let laptop: Laptop;
beforeAll(async () => {
  laptop = await Laptop.start();
}, 120_000);
afterAll(() => laptop[Symbol.asyncDispose]());

/** A line of the laptop's telemetry file. */
const line = z.looseObject({
  kind: z.enum(['span', 'log', 'metric']),
  traceId: z.string().optional(),
  spanId: z.string().optional(),
  parentSpanId: z.string().optional(),
  name: z.string().optional(),
  attributes: z.record(z.string(), z.unknown()),
});
type Line = z.output<typeof line>;

async function readTelemetry(): Promise<Line[]> {
  const text = await readFile(join(laptop.stateFolder, 'telemetry.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => line.parse(JSON.parse(row)));
}

test(
  'a run is one trace, a span a step attempt, with everything that worked for it below',
  { timeout: 180_000 },
  async () => {
    await laptop.publish({ name: 'traced' });
    await laptop.drop('traced/a.csv', rows(1));
    const [run] = await laptop.endedRuns('traced', 1);

    const { traceId, spanId } = runTrace({ pipeline: 'traced', generation: 1 });
    // The run is told as ended before its spans are, one after the other; that of the activity which tells them is the last.
    await vi.waitFor(async () => {
      const told = (await readTelemetry()).some(
        (line) => line.traceId === traceId && line.name === 'activity finishRun',
      );
      if (!told) throw new Error('Not all spans of the run are there yet.');
    }, 30_000);
    const spans = (await readTelemetry()).filter((line) => line.traceId === traceId);
    const named = (name: string): readonly Line[] => spans.filter((span) => span.kind === 'span' && span.name === name);
    expect(named('run traced')).toMatchObject([
      { spanId, attributes: { runId: run?.runId, pipeline: 'traced', status: 'succeeded' } },
    ]);
    expect(named('data window')).toMatchObject([{ parentSpanId: spanId }]);
    expect(named('receive data-events')[0]).toMatchObject({
      parentSpanId: spanId,
      attributes: { path: 'traced/a.csv' },
    });
    for (const step of run?.steps ?? [])
      expect(named(`step ${step.name}`)).toMatchObject([
        { parentSpanId: spanId, attributes: { stepName: step.name, attempt: 1, status: 'succeeded' } },
      ]);

    const below = (activity: string): unknown => named(`activity ${activity}`)[0]?.parentSpanId;
    const step = (name: Parameters<typeof stepTrace>[1]): string =>
      stepTrace({ pipeline: 'traced', generation: 1 }, name, 1).spanId;
    expect({
      closeWindow: below('closeWindow'),
      sealWindow: below('sealWindow'),
      validateRunData: below('validateRunData'),
      submitJob: below('submitJob'),
      pollJob: below('pollJob'),
      judgeGates: below('judgeGates'),
      shiftTraffic: below('shiftTraffic'),
      finishRun: below('finishRun'),
    }).toEqual({
      closeWindow: spanId,
      sealWindow: spanId,
      validateRunData: step('validate'),
      submitJob: step('train'),
      pollJob: step('train'),
      judgeGates: step('gate'),
      shiftTraffic: step('rollout'),
      finishRun: spanId,
    });
    const job = run?.steps.find(({ name }) => name === 'train')?.job ?? '';
    const log = await readFile(join(laptop.stateFolder, 'azure-ml', 'jobs', job, 'std_log.txt'), 'utf8');
    expect(log).toContain(`TRACEPARENT=00-${traceId}-${step('train')}-01`);
  },
);
