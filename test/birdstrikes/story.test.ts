/** The demo's story, told by its own job scripts and judged by its own gates. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { demoBatches, type DemoBatches, type DemoFile } from '#local/demo/batches.ts';
import { checkFigures, expectedRuns } from '#local/demo/figures.ts';
import { parseEvaluation, type Evaluation } from '#shared/contracts/evaluation.ts';
import { gates, type Gate, type GateVerdict } from '#shared/contracts/gates.ts';
import { allPassed, evaluateGates } from '#shared/domain/gates/evaluate-gates.ts';

import { ROOT, Scratch, evaluate, train } from './jobs.ts';

let scratch: Scratch;
let batches: DemoBatches;
let rules: readonly Gate[];
let models: { v1: string; v2: string };
let dataOfLast: string;

/** Files that have landed by then. */
function landed(...parts: readonly (readonly DemoFile[])[]): DemoFile[] {
  return parts.flat();
}

async function judge(
  data: string,
  candidate: string,
  champion: string | undefined,
): Promise<{ verdicts: GateVerdict[]; evaluation: Evaluation }> {
  const parsed = parseEvaluation(await evaluate(scratch, data, candidate, champion ?? candidate));
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  const { evaluation } = parsed;
  const hasChampion = champion !== undefined;
  return { verdicts: evaluateGates(rules, evaluation.predictions, evaluation.metrics, { hasChampion }), evaluation };
}

function verdictsOf(verdicts: readonly GateVerdict[]): string[] {
  return verdicts.map(({ verdict, reason }) => `${verdict}: ${reason}`);
}

function disagreements(run: keyof typeof expectedRuns, verdicts: readonly GateVerdict[]): unknown[] {
  return checkFigures(expectedRuns[run], verdicts).filter(({ agrees }) => !agrees);
}

beforeAll(async () => {
  scratch = await Scratch.make();
  batches = await demoBatches(ROOT);
  const text = await readFile(join(ROOT, 'pipelines/birdstrikes/pipeline.yaml'), 'utf8');
  rules = gates.parse((parse(text) as { gates: unknown }).gates);
  const [ofFirst, ofSecond] = await Promise.all([
    scratch.data('first', batches.first),
    scratch.data('second', landed(batches.first, batches.second)),
  ]);
  dataOfLast = await scratch.data('last', landed(batches.first, batches.second, batches.repaired, batches.last));
  models = { v1: await train(scratch, 'v1', ofFirst), v2: await train(scratch, 'v2', ofSecond) };
});

afterAll(async () => {
  await scratch[Symbol.asyncDispose]();
});

describe('batches', () => {
  it('have the rows that the source has in those years', () => {
    const rows = Object.fromEntries(
      Object.entries(batches).map(([name, files]) => [
        name,
        (files as DemoFile[]).reduce((sum, file) => sum + file.rows, 0),
      ]),
    );
    expect(rows).toEqual({ first: 2_368, second: 4_845, broken: 1_065, repaired: 1_065, last: 1_095 });
  });
});

describe('the story', () => {
  it('v1 is good enough on 1993, and has nothing to be compared with', async () => {
    const { verdicts } = await judge(join(scratch.folder, 'first'), models.v1, undefined);
    expect(verdictsOf(verdicts)).toEqual([
      'passed: met',
      'passed: met',
      'passed: met',
      'passed: no-champion',
      'passed: no-champion',
      'passed: no-champion',
    ]);
    expect(disagreements('first', verdicts)).toEqual([]);
    expect(verdicts[0]?.numbers).toMatchObject({ rows: expectedRuns.first.evaluationRows, positives: 64 });
  });

  it('v2 is better than v1 on 1998-99 and is promoted', async () => {
    const { verdicts } = await judge(join(scratch.folder, 'second'), models.v2, models.v1);
    expect(verdictsOf(verdicts)).toEqual(new Array(6).fill('passed: met'));
    expect(disagreements('second', verdicts)).toEqual([]);
    expect(verdicts[0]?.numbers).toMatchObject({ rows: expectedRuns.second.evaluationRows, positives: 206 });
  });

  it('shows v2 better within the slices, most of all where the speed is missing', async () => {
    const { verdicts } = await judge(join(scratch.folder, 'second'), models.v2, models.v1);
    const slices = new Map(verdicts.at(-1)?.slices?.map((slice) => [`${slice.column} ${slice.value}`, slice.numbers]));
    const expected: readonly [string, number, number, number][] = [
      ['Wildlife Size Large', 145, 0.606, 0.677],
      ['Wildlife Size Medium', 757, 0.688, 0.72],
      ['Wildlife Size Small', 946, 0.707, 0.738],
      ['Phase of flight Climb', 369, 0.74, 0.753],
      ['Phase of flight Approach', 818, 0.819, 0.829],
      ['Phase of flight Take-off run', 294, 0.713, 0.753],
      ['Phase of flight Landing Roll', 280, 0.823, 0.861],
      ['Speed missing', 657, 0.736, 0.791],
      ['Speed reported', 1_191, 0.815, 0.823],
    ];
    for (const [slice, rows, champion, candidate] of expected) {
      const numbers = slices.get(slice);
      expect(numbers?.['rows'], slice).toBe(rows);
      expect(numbers?.['champion'], slice).toBeCloseTo(champion, 3);
      expect(numbers?.['candidate'], slice).toBeCloseTo(candidate, 3);
    }
    expect(slices.get('Speed missing')?.['p']).toBeCloseTo(0.0002, 4);
    expect(slices.get('Speed reported')?.['p']).toBeCloseTo(0.36, 2);
  });

  it('refuses the leaner candidate on 2001', async () => {
    const leaner = await train(scratch, 'leaner', dataOfLast, 'leaner');
    const { verdicts } = await judge(dataOfLast, leaner, models.v2);
    expect(allPassed(verdicts)).toBe(false);
    expect(verdictsOf(verdicts).slice(3)).toEqual(['failed: not-met', 'failed: not-met', 'failed: not-met']);
    expect(disagreements('leaner', verdicts)).toEqual([]);
  });

  it('promotes all features on the same data', async () => {
    const full = await train(scratch, 'full', dataOfLast);
    const { verdicts } = await judge(dataOfLast, full, models.v2);
    expect(verdictsOf(verdicts)).toEqual(new Array(6).fill('passed: met'));
    expect(disagreements('full', verdicts)).toEqual([]);
    expect(verdicts[0]?.numbers).toMatchObject({ rows: expectedRuns.full.evaluationRows, positives: 111 });
  });

  it('refuses a year whose damage is not assessed yet, although the area under the curve alone would promote it', async () => {
    const unassessed = batches.repaired.map((file) => ({
      ...file,
      text: file.text.replaceAll(/,(?:Minor|Medium|Substantial|B|C),(?=2000-)/g, ',None,'),
    }));
    const data = await scratch.data('unassessed', landed(batches.first, batches.second, unassessed, batches.last));
    const candidate = await train(scratch, 'unassessed-model', data);
    const { verdicts } = await judge(data, candidate, models.v2);
    const [, , balance, better, area] = verdicts;
    expect(area?.verdict).toBe('passed');
    expect(area?.numbers['candidate']).toBeCloseTo(0.792, 4);
    expect(area?.numbers['p']).toBeCloseTo(0.0004, 4);
    expect(balance?.verdict).toBe('failed');
    expect(balance?.numbers['candidate']).toBeCloseTo(0.855, 3);
    expect(better?.verdict).toBe('failed');
    expect(better?.numbers['gain']).toBeCloseTo(0.0047, 4);
    expect(better?.numbers['low']).toBeCloseTo(-0.001, 4);
    expect(better?.numbers['high']).toBeCloseTo(0.0102, 4);
  });
});

describe('the jobs', () => {
  it('train the same bytes again', async () => {
    const again = await train(scratch, 'v2-again', join(scratch.folder, 'second'));
    expect(await readFile(join(again, 'model.json'), 'utf8')).toBe(
      await readFile(join(models.v2, 'model.json'), 'utf8'),
    );
  });

  it('give the same model whatever the order of the rows', async () => {
    const reversed = batches.first.map((file) => {
      const [header = '', ...lines] = file.text.trimEnd().split('\n');
      return { ...file, text: `${[header, ...lines.reverse()].join('\n')}\n` };
    });
    const model = await train(scratch, 'reversed', await scratch.data('reversed-data', reversed));
    const weights = async (folder: string): Promise<number[]> =>
      (JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as { weights: number[] }).weights;
    const [one, other] = [await weights(models.v1), await weights(model)];
    expect(Math.max(...one.map((weight, index) => Math.abs(weight - (other[index] ?? 0))))).toBeLessThan(1e-9);
  });

  it('keep every row from the first date of the newest file on out of the training, whatever file it is in', async () => {
    const [, , of1992, of1993] = batches.first;
    const rest = of1993?.text.split('\n').slice(1).join('\n') ?? '';
    const overlapping = { path: 'birdstrikes/1992-1993.csv', text: `${of1992?.text}${rest}`, rows: 1_334 };
    const data = await scratch.data('overlapping', [...batches.first.slice(0, 3), overlapping]);
    const model = await train(scratch, 'overlapping-model', data);
    const { training } = JSON.parse(await readFile(join(model, 'model.json'), 'utf8')) as {
      training: { until: string; rows: number };
    };
    expect(training.until).toMatch(/^1991-12/);
    expect(training.rows).toBe(463 + 571);
  });

  it('need a file that is older than the newest', async () => {
    const data = await scratch.data('single', batches.last);
    await expect(train(scratch, 'none', data)).rejects.toThrow(/at least two files are needed/);
  });

  it('say which file lacks a column', async () => {
    const data = await scratch.data('broken', landed(batches.first, batches.broken));
    await expect(train(scratch, 'none', data)).rejects.toThrow(/birdstrikes\/2000\.csv has no column "Wildlife Size"/);
  });

  it('refuse to compare with a champion that has seen the answers', async () => {
    await expect(judge(join(scratch.folder, 'first'), models.v1, models.v2)).rejects.toThrow(
      /the evaluation window starts at 1993-01-\d\d: it has seen the answers/,
    );
  });

  it('refuse features that they do not know', async () => {
    await expect(train(scratch, 'none', dataOfLast, 'fuller')).rejects.toThrow(/must be one of full, leaner/);
  });
});
