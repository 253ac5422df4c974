/** The pure parts of sweeps: what is drawn, and what is given up. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';

import { planPipeline, type StepStatus } from '#local/azure-ml/composite/plan.ts';
import { bestTrial } from '#local/azure-ml/composite/trial-job.ts';
import { trialsToStop } from '#local/azure-ml/sweep/early-termination.ts';
import { samplerOf } from '#local/azure-ml/sweep/sampler.ts';
import type { TrialValues } from '#local/azure-ml/sweep/sampling.ts';
import { readSearchSpace, valueAt } from '#local/azure-ml/sweep/search-space.ts';
import { sobol } from '#local/azure-ml/sweep/sobol.ts';

describe('a Sobol sequence', () => {
  test('has the points that Joe and Kuo print', () => {
    const points = [1, 2, 3, 4, 5].map((index) => [0, 1, 2].map((dimension) => sobol(index, dimension)));
    expect(points).toEqual([
      [0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25],
      [0.25, 0.75, 0.75],
      [0.375, 0.375, 0.625],
      [0.875, 0.875, 0.125],
    ]);
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('dimension %i has one point in each of 64 equal parts', (dimension) => {
    const parts = Array.from({ length: 64 }, (_, index) => Math.floor(sobol(index, dimension) * 64));
    expect(new Set(parts).size).toBe(64);
  });
});

describe('a value', () => {
  test.each([
    [['uniform', [2, 4]], 0.5, 3],
    [['loguniform', [0, Math.log(100)]], 0.5, 10],
    [['quniform', [0, 10, 4]], 0.55, 4],
    [['normal', [5, 2]], 0.5, 5],
    [['normal', [0, 1]], 0.975, 1.959963984540054],
    [['lognormal', [0, 1]], 0.5, 1],
    [['qnormal', [5, 1, 2]], 0.5, 6],
    [['randint', [3]], 0.99, 2],
    [['choice', [['a', 'b']]], 0.5, 'b'],
  ])('of %j at %d is %j', (distribution, at, expected) => {
    const one = readSearchSpace({ x: distribution }).get('x');
    if (one === undefined) throw new Error('no distribution');
    const value = valueAt(one, at);
    if (typeof expected === 'number') expect(value).toBeCloseTo(expected, 12);
    else expect(value).toBe(expected);
  });
});

test('a sampler gives the same trial for the same number, within its space', () => {
  const space = readSearchSpace({ a: ['uniform', [1, 2]], b: ['choice', [[1, 2]]], c: ['randint', [5]] });
  fc.assert(
    fc.property(fc.nat(10_000), fc.nat(), fc.constantFrom('Random', 'Sobol'), (trial, seed, rule) => {
      const sampling = { samplingAlgorithmType: 'Random', seed, rule } as const;
      const values = samplerOf('s', sampling, space, 'Minimize')(trial);
      expect(values).toEqual(samplerOf('s', sampling, space, 'Minimize')(trial));
      expect(values?.['a']).toSatisfy((a: number) => a >= 1 && a <= 2);
      expect([1, 2]).toContain(values?.['b']);
      expect([0, 1, 2, 3, 4]).toContain(values?.['c']);
    }),
  );
});

test('a grid has every combination once, and then ends', () => {
  const space = readSearchSpace({ a: ['choice', [[1, 2]]], b: ['choice', [['x', 'y', 'z']]] });
  const sampler = samplerOf('s', { samplingAlgorithmType: 'Grid' }, space, 'Minimize');
  const all = [0, 1, 2, 3, 4, 5].map((trial) => JSON.stringify(sampler(trial)));
  expect(new Set(all).size).toBe(6);
  expect(all[1]).toBe('{"a":1,"b":"y"}');
  expect(sampler(6)).toBeUndefined();
});

describe('Bayesian sampling', () => {
  const space = readSearchSpace({ x: ['uniform', [0, 10]], kind: ['choice', [['a', 'b', 'c']]] });
  const lossOf = ({ x, kind }: TrialValues): number => (Number(x) - 7) ** 2 + (kind === 'b' ? 0 : 10);
  const losses = (samplingAlgorithmType: 'Bayesian' | 'Random', seed: number): readonly number[] => {
    const sampler = samplerOf('s', { samplingAlgorithmType, seed }, space, 'Minimize');
    const tried: { values: TrialValues; metric: number }[] = [];
    for (let trial = 0; trial < 40; trial += 1) {
      const values = sampler(trial, tried) ?? {};
      tried.push({ values, metric: lossOf(values) });
    }
    return tried.map(({ metric }) => metric);
  };
  const lastMean = (all: readonly number[]): number => all.slice(20).reduce((sum, one) => sum + one / 20, 0);

  test.each([1, 2, 3, 4, 5])('tries better values than chance does, having seen some (seed %i)', (seed) => {
    expect(lastMean(losses('Bayesian', seed))).toBeLessThan(lastMean(losses('Random', seed)) / 2);
    expect(losses('Bayesian', seed)).toEqual(losses('Bayesian', seed));
  });

  test('is refused where Azure ML does not sample so', () => {
    const normal = readSearchSpace({ x: ['normal', [0, 1]] });
    expect(() => samplerOf('s', { samplingAlgorithmType: 'Bayesian' }, normal, 'Minimize')).toThrow(
      /choice, uniform or quniform/,
    );
  });
});

describe('early termination', () => {
  const trial = (name: string, ...values: number[]) => ({ name, isRunning: true, values });

  it.each([
    // Best 0.8 at the same interval, slack 0.2: kept from 0.8 / 1.2 = 0.667.
    [
      'bandit, by factor',
      { policyType: 'Bandit', slackFactor: 0.2 },
      'Maximize',
      [trial('a', 0.8), trial('b', 0.66), trial('c', 0.67)],
      ['b'],
    ],
    [
      'bandit, by amount',
      { policyType: 'Bandit', slackAmount: 0.1 },
      'Maximize',
      [trial('a', 0.8), trial('b', 0.69), trial('c', 0.71)],
      ['b'],
    ],
    // Minimised: best 1, slack 0.5: kept up to 1.5.
    [
      'bandit, minimised',
      { policyType: 'Bandit', slackFactor: 0.5 },
      'Minimize',
      [trial('a', 1), trial('b', 1.6), trial('c', 1.4)],
      ['b'],
    ],
    [
      'bandit, at another interval',
      { policyType: 'Bandit', slackFactor: 0.2, evaluationInterval: 2 },
      'Maximize',
      [trial('a', 0.8), trial('b', 0.1)],
      [],
    ],
    [
      'bandit, delayed',
      { policyType: 'Bandit', slackFactor: 0.2, delayEvaluation: 2 },
      'Maximize',
      [trial('a', 0.8, 0.8), trial('b', 0.1)],
      [],
    ],
    [
      'median',
      { policyType: 'MedianStopping' },
      'Maximize',
      [trial('a', 1, 3), trial('b', 4, 4), trial('c', 1, 2)],
      ['c'],
    ],
    [
      'truncation',
      { policyType: 'TruncationSelection', truncationPercentage: 50 },
      'Minimize',
      [trial('a', 1), trial('b', 2), trial('c', 3), trial('d', 4)],
      ['c', 'd'],
    ],
    [
      'truncation, of too few',
      { policyType: 'TruncationSelection', truncationPercentage: 20 },
      'Minimize',
      [trial('a', 1), trial('b', 2)],
      [],
    ],
  ] as const)('%s', (_name, policy, goal, trials, stopped) => {
    expect(trialsToStop(policy, goal, trials)).toEqual(stopped);
  });

  it('never gives up the best trial', () => {
    const policies = fc.constantFrom(
      { policyType: 'Bandit', slackFactor: 0 } as const,
      { policyType: 'Bandit', slackFactor: 0.3 } as const,
      { policyType: 'MedianStopping' } as const,
      { policyType: 'TruncationSelection', truncationPercentage: 90 } as const,
    );
    const reports = fc.array(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 3, maxLength: 3 }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(policies, fc.constantFrom('Minimize', 'Maximize'), reports, (policy, goal, all) => {
        const trials = all.map((values, index) => trial(String(index), ...values));
        const sign = goal === 'Maximize' ? 1 : -1;
        const best = Math.max(...all.flat().map((value) => sign * value));
        const winners = trials.filter(({ values }) => values.some((value) => sign * value === best));
        const stopped = trialsToStop(policy, goal, trials);
        for (const { name } of winners) expect(stopped).not.toContain(name);
      }),
    );
  });
});

test('the best trial is the earliest of equals, by its last report', () => {
  const trials = [
    { name: 'a', values: [9, 2] },
    { name: 'b', values: [1, 3] },
    { name: 'c', values: [3] },
    { name: 'd', values: [] },
  ];
  expect(bestTrial('Maximize', trials)).toEqual({ name: 'b', value: 3 });
  expect(bestTrial('Minimize', trials)).toEqual({ name: 'a', value: 2 });
  expect(bestTrial('Minimize', [])).toBeUndefined();
});

test('a pipeline ends, whatever its steps do, and nothing begins before what it needs', () => {
  const graphs = fc.array(fc.array(fc.nat(20), { maxLength: 3 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(graphs, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), fc.boolean(), (graph, fails, goOn) => {
      const after = new Map(
        graph.map((needs, step) => [`${step}`, step === 0 ? [] : [...new Set(needs.map((one) => `${one % step}`))]]),
      );
      const statuses = new Map<string, StepStatus>();
      const statusOf = (step: string): StepStatus => statuses.get(step) ?? 'Waiting';
      for (let round = 0; round < 20; round += 1) {
        const plan = planPipeline(after, statusOf, goOn);
        if (plan.end !== undefined) {
          const all = [...after.keys()].map(statusOf);
          expect(plan.end).toBe(all.every((status) => status === 'Completed') ? 'Completed' : 'Failed');
          return;
        }
        for (const step of plan.start) {
          for (const needed of after.get(step) ?? []) expect(statusOf(needed)).toBe('Completed');
          statuses.set(step, fails[Number(step)] === true ? 'Failed' : 'Completed');
        }
        for (const step of plan.skip.keys()) statuses.set(step, 'Canceled');
      }
      throw new Error('it does not end');
    }),
  );
});
