import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { EvaluationMetrics } from '#shared/contracts/evaluation.ts';
import {
  computedMetrics,
  gate,
  gateVerdict,
  gates,
  pairedMetrics,
  type Gate,
  type GateVerdict,
} from '#shared/contracts/gates.ts';
import { allPassed, evaluateGates } from '#shared/domain/gates/evaluate-gates.ts';
import type { Predictions } from '#shared/domain/gates/predictions.ts';
import { mulberry32 } from '#shared/domain/gates/statistics/bootstrap.ts';

const metrics: EvaluationMetrics = { schemaVersion: 1, metrics: { f1: 0.7 }, facts: {} };

/** Rows of which a quarter are positive; the candidate sees the signal with its noise, the champion with its own. */
function predictionsOf(
  options: { rows?: number; candidateNoise?: number; championNoise?: number; slice?: (row: number) => string } = {},
): Predictions {
  const {
    rows = 400,
    candidateNoise = 0.3,
    championNoise = 0.9,
    slice = (row) => (row % 2 === 0 ? 'even' : 'odd'),
  } = options;
  const random = mulberry32(1);
  const labels = Array.from({ length: rows }, (_, row) => (row % 4 === 1 || row % 8 === 2 ? 1 : 0) as 0 | 1);
  const scores = (noise: number): number[] =>
    labels.map((label) => 0.1 + 0.4 * label * (1 - noise) + 0.4 * noise * random());
  return {
    labels,
    candidate: scores(candidateNoise),
    champion: scores(championNoise),
    slices: new Map([['parity', labels.map((_, row) => slice(row))]]),
  };
}

function judge(
  text: z.input<typeof gate>,
  predictions: Predictions | undefined = predictionsOf(),
  hasChampion = true,
): GateVerdict {
  const [verdict] = evaluateGates([gate.parse(text)], predictions, metrics, { hasChampion });
  if (verdict === undefined) throw new Error('no verdict');
  return gateVerdict.parse(verdict);
}

describe('the shape of gates', () => {
  it.each<[string, unknown]>([
    ['two bounds', { metric: 'auc', atLeast: 0.8, above: 0.7 }],
    ['no rule', { metric: 'auc' }],
    ['an unknown key', { metric: 'auc', atLeast: 0.8, confidance: 0.95 }],
    ['a confidence of 1', { metric: 'auc', atLeast: 0.8, confidence: 1 }],
    ['an interval of a foreign metric', { metric: 'f1', atLeast: 0.8, confidence: 0.95 }],
    ['a prior of a foreign metric', { metric: 'f1', above: 'prior' }],
    ['a prior of a metric that has none', { metric: 'recallAtTenPercent', above: 'prior' }],
    ['a comparison of a foreign metric', { metric: 'f1', betterThanChampionBy: 0 }],
    ['a test that does not exist', { metric: 'brier', notWorseThanChampion: { p: 0.05 } }],
    ['a range upside down', { metric: 'auc', between: [1, 0] }],
    ['a range of three', { metric: 'auc', between: [0, 1, 2] }],
    ['text as a bound', { metric: 'auc', atLeast: 'high' }],
    ['no slices', { metric: 'auc', notWorseThanChampion: { p: 0.05 }, slices: [] }],
  ])('refuses %s', (_, value) => {
    expect(gate.safeParse(value).success).toBe(false);
  });

  it('refuses an empty list and a list beyond the limit', () => {
    expect(gates.safeParse([]).success).toBe(false);
    expect(gates.safeParse(new Array(51).fill({ metric: 'auc', atLeast: 0.5 })).success).toBe(false);
  });

  it('fills in confidence and minimum, so that a stored gate says all', () => {
    expect(gate.parse({ metric: 'logLoss', betterThanChampionBy: 0 })).toEqual({
      metric: 'logLoss',
      betterThanChampionBy: 0,
      confidence: 0.95,
      minimum: { rows: 30, perClass: 15 },
    });
  });

  it('has a JSON Schema with a description of every rule', () => {
    const schema = JSON.stringify(z.toJSONSchema(gates, { io: 'input' }));
    for (const word of [
      'atLeast',
      'atMost',
      'above',
      'below',
      'between',
      'betterThanChampionBy',
      'notWorseThanChampion',
      'Slice columns',
    ]) {
      expect(schema).toContain(word);
    }
  });
});

describe('a bound', () => {
  it.each<[string, z.input<typeof gate>, string]>([
    ['at least, met', { metric: 'f1', atLeast: 0.7 }, 'passed'],
    ['above, not met', { metric: 'f1', above: 0.7 }, 'failed'],
    ['at most, met', { metric: 'f1', atMost: 0.7 }, 'passed'],
    ['below, not met', { metric: 'f1', below: 0.7 }, 'failed'],
    ['a range that ends there', { metric: 'f1', between: [0.5, 0.7] }, 'passed'],
    ['a range beside it', { metric: 'f1', between: [0.71, 0.8] }, 'failed'],
  ])('%s', (_, rule, verdict) => {
    expect(judge(rule)).toMatchObject({ verdict, numbers: { candidate: 0.7 } });
  });

  it('holds the end of the interval that speaks against the candidate', () => {
    const { numbers } = judge({ metric: 'brier', below: 1, confidence: 0.95 });
    const between = ((numbers['candidate'] ?? 0) + (numbers['high'] ?? 0)) / 2;
    expect(judge({ metric: 'brier', below: between }).verdict).toBe('passed');
    expect(judge({ metric: 'brier', below: between, confidence: 0.95 }).verdict).toBe('failed');
    const low = numbers['low'] ?? 0;
    expect(judge({ metric: 'brier', above: (low + (numbers['candidate'] ?? 0)) / 2, confidence: 0.95 }).verdict).toBe(
      'failed',
    );
    expect(numbers).toMatchObject({ rows: 400, draws: 2_000, seed: 2_026, confidence: 0.95 });
  });

  it('called prior is what always predicting the base rate reaches', () => {
    const rate = 150 / 400;
    const entropy = -(rate * Math.log(rate) + (1 - rate) * Math.log(1 - rate));
    const verdict = judge({ metric: 'logLoss', below: 'prior' });
    expect(verdict.numbers['bound']).toBeCloseTo(entropy, 12);
    expect(verdict.text).toMatch(/base rate/);
    const told = evaluateGates(
      [gate.parse({ metric: 'logLoss', below: 'prior' })],
      predictionsOf(),
      { ...metrics, priorRate: 0.2 },
      { hasChampion: false },
    );
    expect(told[0]?.numbers['bound']).toBeCloseTo(-(rate * Math.log(0.2) + (1 - rate) * Math.log(0.8)), 12);
    expect(judge({ metric: 'auc', above: 'prior' }).numbers['bound']).toBe(0.5);
    expect(judge({ metric: 'averagePrecision', above: 'prior' }).numbers['bound']).toBeCloseTo(rate, 12);
  });

  it('of a metric that nobody wrote fails', () => {
    expect(judge({ metric: 'r2', atLeast: 0 })).toMatchObject({ verdict: 'failed', reason: 'metric-missing' });
  });

  it('of a metric called like a member of Object fails', () => {
    expect(judge({ metric: 'constructor', atLeast: 0 })).toMatchObject({ verdict: 'failed', reason: 'metric-missing' });
  });
});

describe('a comparison with the champion', () => {
  it.each(pairedMetrics.map((metric) => [metric]))('by %s sees a better candidate and a worse one', (metric) => {
    expect(judge({ metric, betterThanChampionBy: 0 })).toMatchObject({ verdict: 'passed', reason: 'met' });
    const worse = judge(
      { metric, betterThanChampionBy: 0 },
      predictionsOf({ candidateNoise: 0.9, championNoise: 0.3 }),
    );
    expect(worse).toMatchObject({ verdict: 'failed', reason: 'not-met' });
    expect(worse.numbers['high']).toBeLessThan(0);
    expect(worse.numbers['p']).toBeLessThan(0.01);
  });

  it('allows a named loss with a negative bound', () => {
    const same = predictionsOf();
    const equal = { ...same, champion: same.candidate };
    expect(judge({ metric: 'logLoss', betterThanChampionBy: 0 }, equal)).toMatchObject({
      verdict: 'failed',
      numbers: { gain: 0, p: 1 },
    });
    expect(judge({ metric: 'logLoss', betterThanChampionBy: -0.001 }, equal).verdict).toBe('passed');
  });

  it.each([['auc'], ['recallAtTenPercent']] as const)(
    'by the test of %s refuses only what is significantly worse',
    (metric) => {
      const rule = { metric, notWorseThanChampion: { p: 0.05 } };
      const worse = predictionsOf({ candidateNoise: 0.98, championNoise: 0.1 });
      expect(judge(rule, worse)).toMatchObject({ verdict: 'failed', reason: 'not-met' });
      expect(judge(rule)).toMatchObject({ verdict: 'passed' });
      const same = predictionsOf();
      expect(judge(rule, { ...same, champion: same.candidate })).toMatchObject({
        verdict: 'passed',
        numbers: { p: 1, gain: 0 },
      });
    },
  );

  it.each<[z.input<typeof gate>]>([
    [{ metric: 'auc', betterThanChampionBy: 0 }],
    [{ metric: 'auc', notWorseThanChampion: { p: 0.05 } }],
    [{ metric: 'auc', notWorseThanChampion: { p: 0.05 }, slices: ['parity'] }],
  ])('passes without a champion: %j', (rule) => {
    const same = predictionsOf();
    expect(judge(rule, { ...same, champion: same.candidate }, false)).toMatchObject({
      verdict: 'passed',
      reason: 'no-champion',
    });
    expect(judge(rule, undefined, false).verdict).toBe('passed');
  });
});

describe('slices', () => {
  const rule: z.input<typeof gate> = { metric: 'auc', notWorseThanChampion: { p: 0.01 }, slices: ['parity'] };

  it('are judged each on its own', () => {
    const verdict = judge(rule);
    expect(verdict).toMatchObject({ verdict: 'passed', numbers: { slices: 2, judged: 2, worse: 0 } });
    expect(verdict.slices?.map(({ column, value }) => `${column} ${value}`)).toEqual(['parity even', 'parity odd']);
  });

  it('refuse a candidate that is worse in one of them although it is better in all', () => {
    const { labels, candidate, champion } = predictionsOf({ rows: 2_000 });
    const [good, poor] = [candidate, champion];
    const inSlice = labels.map((_, row) => row % 10 < 2);
    const mixed: Predictions = {
      labels,
      candidate: good.map((score, row) => (inSlice[row] ? (poor[row] ?? 0) : score)),
      champion: poor.map((score, row) => (inSlice[row] ? (good[row] ?? 0) : score)),
      slices: new Map([['parity', inSlice.map((value) => (value ? 'weak' : 'strong'))]]),
    };
    expect(judge({ metric: 'auc', notWorseThanChampion: { p: 0.01 } }, mixed).verdict).toBe('passed');
    const verdict = judge(rule, mixed);
    expect(verdict.verdict).toBe('failed');
    expect(verdict.text).toMatch(/parity = weak worse/);
  });

  it('with one positive in 110 rows are too few, never a number', () => {
    const { labels, candidate, champion } = predictionsOf({ rows: 600 });
    const military = labels.map((_, row) => row < 110);
    const predictions: Predictions = {
      labels: labels.map((label, row) => (military[row] ? (row === 5 ? 1 : 0) : label)),
      candidate,
      champion,
      slices: new Map([['parity', military.map((value) => (value ? 'MILITARY' : 'OTHER'))]]),
    };
    const verdict = judge(rule, predictions);
    expect(verdict.slices?.[0]).toEqual({
      column: 'parity',
      value: 'MILITARY',
      verdict: 'tooFew',
      reason: 'too-few-of-a-label',
      numbers: { rows: 110, positives: 1 },
    });
    expect(verdict.numbers).toMatchObject({ slices: 2, judged: 1 });
  });

  it('of which none is large enough are too few', () => {
    expect(judge(rule, predictionsOf({ slice: (row) => String(row % 40) }))).toMatchObject({
      verdict: 'tooFew',
      reason: 'no-slice-large-enough',
    });
  });

  it('that are too many or not there are named', () => {
    expect(judge(rule, predictionsOf({ slice: String }))).toMatchObject({
      verdict: 'failed',
      reason: 'too-many-slices',
    });
    expect(judge({ ...rule, slices: ['colour'] })).toMatchObject({ verdict: 'failed', reason: 'slice-missing' });
  });
});

describe('too little evidence', () => {
  const rules: readonly z.input<typeof gate>[] = [
    { metric: 'auc', above: 0.5, confidence: 0.95 },
    { metric: 'auc', between: [0, 1] },
    { metric: 'auc', betterThanChampionBy: 0 },
    { metric: 'auc', notWorseThanChampion: { p: 0.05 } },
  ];

  it.each(rules)('is said so, and does not pass: %j', (rule) => {
    expect(judge(rule, predictionsOf({ rows: 20 }))).toMatchObject({
      verdict: 'tooFew',
      reason: 'too-few-rows',
      numbers: { rows: 20 },
    });
    const onePositive = {
      ...predictionsOf(),
      labels: predictionsOf().labels.map((_, row) => (row === 0 ? 1 : 0) as 0 | 1),
    };
    const verdict = judge(rule, onePositive);
    expect(verdict).toMatchObject({ verdict: 'tooFew', reason: 'too-few-of-a-label' });
    expect(allPassed([verdict])).toBe(false);
  });

  it.each<[z.input<typeof gate>]>([
    [{ metric: 'auc', above: 0, confidence: 0.95, minimum: { rows: 4, perClass: 2 } }],
    [{ metric: 'averagePrecision', betterThanChampionBy: -1, minimum: { rows: 4, perClass: 2 } }],
  ])('for an interval is said so when too many draws lack a label: %j', (rule) => {
    const { candidate, champion } = predictionsOf({ rows: 8 });
    const labels: (0 | 1)[] = [1, 1, 0, 0, 0, 0, 0, 0];
    const verdict = judge(rule, { labels, candidate, champion, slices: new Map() });
    expect(verdict).toMatchObject({ verdict: 'tooFew', reason: 'too-few-draws' });
    expect(verdict.numbers['draws']).toBeLessThan(1_900);
  });

  it('is no predictions at all', () => {
    for (const rule of rules) {
      expect(evaluateGates([gate.parse(rule)], undefined, metrics, { hasChampion: true })[0]).toMatchObject({
        verdict: 'failed',
        reason: 'predictions-missing',
      });
    }
  });
});

describe('all gates', () => {
  it('are judged in order, also after one has failed, and always alike', () => {
    const rules: Gate[] = gates.parse(computedMetrics.map((metric) => ({ metric, above: 100 })));
    const once = evaluateGates(rules, predictionsOf(), metrics, { hasChampion: true });
    expect(once.map(({ gate: { metric } }) => metric)).toEqual([...computedMetrics]);
    expect(once.every(({ verdict }) => verdict === 'failed')).toBe(true);
    expect(evaluateGates(rules, predictionsOf(), metrics, { hasChampion: true })).toEqual(once);
  });

  it('that are none let nothing through', () => {
    expect(allPassed([])).toBe(false);
  });
});
