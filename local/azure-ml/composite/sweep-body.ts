/** Bodies of sweep jobs: what the laptop runs of them, and what it refuses by name. */
import { z } from 'zod';

import { readBody } from '../arm-error.ts';
import { durationMs } from '../duration.ts';
import {
  checkPlaces,
  checkResources,
  jobInputs,
  jobDistribution,
  jobOutputs,
  jobResources,
  jobServices,
  jobWords,
} from '../job-body.ts';
import { readSearchSpace } from '../sweep/search-space.ts';

/** Enums are compared without case on the wire. */
function word<const Words extends readonly [string, ...string[]]>(...words: Words) {
  return z.preprocess(
    (value) =>
      typeof value === 'string'
        ? (words.find((one) => one.toLowerCase() === value.toLowerCase().replaceAll('_', '')) ?? value)
        : value,
    z.enum(words),
  );
}

const whole = z.int().nonnegative();

const objective = z.strictObject({ goal: word('Minimize', 'Maximize'), primaryMetric: z.string().min(1) });

const sampling = z.strictObject({
  samplingAlgorithmType: word('Random', 'Grid', 'Bayesian'),
  seed: whole.nullish(),
  rule: word('Random', 'Sobol').nullish(),
});

const interval = { evaluationInterval: whole.nullish(), delayEvaluation: whole.nullish() };

const earlyTermination = z.discriminatedUnion('policyType', [
  z.strictObject({
    policyType: z.literal('Bandit'),
    ...interval,
    slackFactor: z.number().nullish(),
    slackAmount: z.number().nullish(),
  }),
  z.strictObject({ policyType: z.literal('MedianStopping'), ...interval }),
  z.strictObject({ policyType: z.literal('TruncationSelection'), ...interval, truncationPercentage: whole }),
]);

const limits = z.strictObject({
  jobLimitsType: z.string().optional(),
  maxTotalTrials: z.int().positive().nullish(),
  maxConcurrentTrials: z.int().positive().nullish(),
  timeout: z.string().nullish(),
  trialTimeout: z.string().nullish(),
});

const properties = z.strictObject({
  ...jobWords,
  jobType: z.literal('Sweep'),
  computeId: z.string().nullish(),
  inputs: jobInputs,
  outputs: jobOutputs,
  objective,
  samplingAlgorithm: sampling,
  searchSpace: z.record(z.string(), z.unknown()),
  earlyTermination: earlyTermination.nullish(),
  limits: limits.nullish(),
  trial: z.strictObject({
    command: z.string().min(1),
    codeId: z.string().nullish(),
    environmentId: z.string().min(1),
    environmentVariables: z.record(z.string(), z.string()).nullish(),
    resources: jobResources,
    distribution: jobDistribution,
  }),
  identity: z.looseObject({ identityType: z.literal('AMLToken', 'a job on the laptop has no identity') }).nullish(),
  queueSettings: z.looseObject({}).nullish(),
  services: jobServices,
});

/** A sweep job's properties. */
export type SweepProperties = z.output<typeof properties>;

/**
 * Reads the body of a PUT of a sweep job.
 *
 * @throws {ArmError} Azure ML would refuse it, or this machine cannot run it
 */
export function readSweepJob(told: unknown): SweepProperties {
  const job = readBody(z.strictObject({ properties }), told, 'The sweep job').properties;
  checkResources(job.trial.resources);
  readSearchSpace(job.searchSpace);
  for (const limit of [job.limits?.timeout, job.limits?.trialTimeout]) if (typeof limit === 'string') durationMs(limit);
  checkPlaces(job.trial.command, {
    // Trials of steps name what is searched as inputs.
    inputs: { ...job.inputs, ...job.searchSpace },
    outputs: job.outputs,
    search_space: job.searchSpace,
  });
  return job;
}

const yamlDistribution = z.looseObject({ type: z.string() });

/** What a sweep is as a step: the words of the YAML, but for early termination. */
export const sweepNodeShape = {
  sampling_algorithm: z.union([z.string(), z.looseObject({ type: z.string() })]),
  search_space: z.record(z.string(), yamlDistribution),
  objective: z.strictObject({ goal: z.string(), primary_metric: z.string() }),
  limits: z.record(z.string(), z.unknown()).nullish(),
  early_termination: z.record(z.string(), z.unknown()).nullish(),
};

/** The sweep of a step in the words of a sweep job. */
export function sweepOfNode(node: {
  readonly sampling_algorithm: string | Readonly<Record<string, unknown>>;
  readonly search_space: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly objective: { readonly goal: string; readonly primary_metric: string };
  readonly limits?: Readonly<Record<string, unknown>> | null | undefined;
  readonly early_termination?: Readonly<Record<string, unknown>> | null | undefined;
}): Record<string, unknown> {
  const { sampling_algorithm: algorithm, objective: goal, limits: bounds } = node;
  const seconds = (value: unknown): unknown => (typeof value === 'number' ? `PT${value}S` : value);
  return {
    objective: { goal: goal.goal, primaryMetric: goal.primary_metric },
    samplingAlgorithm:
      typeof algorithm === 'string'
        ? { samplingAlgorithmType: algorithm }
        : { samplingAlgorithmType: algorithm['type'], ...without(algorithm, 'type') },
    searchSpace: Object.fromEntries(
      Object.entries(node.search_space).map(([name, distribution]) => [name, positional(distribution)]),
    ),
    limits: {
      jobLimitsType: 'Sweep',
      ...renamed(bounds ?? {}, {
        max_total_trials: 'maxTotalTrials',
        max_concurrent_trials: 'maxConcurrentTrials',
        timeout: 'timeout',
        trial_timeout: 'trialTimeout',
      }),
      ...(bounds?.['timeout'] === undefined ? {} : { timeout: seconds(bounds['timeout']) }),
      ...(bounds?.['trial_timeout'] === undefined ? {} : { trialTimeout: seconds(bounds['trial_timeout']) }),
    },
    ...(node.early_termination === undefined || node.early_termination === null
      ? {}
      : { earlyTermination: camelKeys(node.early_termination) }),
  };
}

const argumentsOf: Readonly<Record<string, readonly string[]>> = {
  choice: ['values'],
  uniform: ['min_value', 'max_value'],
  loguniform: ['min_value', 'max_value'],
  quniform: ['min_value', 'max_value', 'q'],
  qloguniform: ['min_value', 'max_value', 'q'],
  normal: ['mu', 'sigma'],
  lognormal: ['mu', 'sigma'],
  qnormal: ['mu', 'sigma', 'q'],
  qlognormal: ['mu', 'sigma', 'q'],
  randint: ['upper'],
};

function positional(distribution: Readonly<Record<string, unknown>>): unknown {
  const type = String(distribution['type']);
  return [type, (argumentsOf[type] ?? []).map((name) => distribution[name])];
}

function renamed(
  from: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [names[key] ?? key, value]));
}

function without(from: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => name !== key));
}

function camelKeys(from: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const camel = (key: string): string => key.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [camel(key), value]));
}
