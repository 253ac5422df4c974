/** Azure ML CLI v2 YAML of sweeps. @source azure-ai-ml 1.34, `_schema/_sweep` */
import { z } from 'zod';

import type { LaterKeys } from '../../yaml/check-schema.ts';

import { distributionYaml, resourcesYaml } from './command-job-yaml.ts';
import { environmentUse } from './environment-yaml.ts';
import { jobInputYaml, jobOutputYaml } from './job-io-yaml.ts';
import { entryName, environmentVariables, looseEnum, seconds, tags, text } from './words.ts';

const whole = z.int().nonnegative();

const range = { min_value: z.number(), max_value: z.number() };
const bell = { mu: z.number(), sigma: z.number() };
const leaf = [
  z.strictObject({ type: z.enum(['uniform', 'loguniform']), ...range }),
  z.strictObject({ type: z.enum(['quniform', 'qloguniform']), ...range, q: z.number() }),
  z.strictObject({ type: z.enum(['normal', 'lognormal']), ...bell }),
  z.strictObject({ type: z.enum(['qnormal', 'qlognormal']), ...bell, q: z.number() }),
  z.strictObject({ type: z.literal('randint'), upper: z.int().positive() }),
] as const;

type Leaf = z.output<(typeof leaf)[number]>;
/** How a value of a trial is drawn. Values of a choice may be maps, which hold distributions themselves. */
export type SearchDistribution =
  | Leaf
  | {
      readonly type: 'choice';
      readonly values: readonly (string | number | boolean | Readonly<Record<string, unknown>>)[];
    };

const distribution: z.ZodType<SearchDistribution> = z.lazy(() =>
  z.discriminatedUnion('type', [
    ...leaf,
    z.strictObject({
      type: z.literal('choice'),
      values: z
        .array(
          z.union(
            [
              z.string(),
              z.number(),
              z.boolean(),
              z.record(z.string(), z.union([distribution, z.string(), z.number()])),
            ],
            { error: 'text, a number, or a map of distributions' },
          ),
        )
        .min(1, 'at least one value'),
    }),
  ]),
);

/** Name → distribution. */
export const searchSpaceYaml = z.record(entryName, distribution);

const algorithms = ['random', 'grid', 'bayesian'] as const;

/** How trials are chosen. */
export const samplingYaml = z.union(
  [
    looseEnum(algorithms),
    z.strictObject({
      type: looseEnum(algorithms),
      seed: whole.optional(),
      rule: looseEnum(['random', 'sobol']).optional(),
      logbase: z.union([z.number(), text]).optional(),
    }),
  ],
  { error: `one of ${algorithms.join(', ')}, or a map with \`type\`` },
);

const interval = { evaluation_interval: whole.optional(), delay_evaluation: whole.optional() };

/** When a trial is given up before it ends. */
export const earlyTerminationYaml = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('bandit'),
    slack_factor: z.number().nonnegative().optional(),
    slack_amount: z.number().nonnegative().optional(),
    ...interval,
  }),
  z.strictObject({ type: z.literal('median_stopping'), ...interval }),
  z.strictObject({
    type: z.literal('truncation_selection'),
    truncation_percentage: z.int().min(1).max(99),
    ...interval,
  }),
]);

/** What is optimised. */
export const objectiveYaml = z.strictObject({ goal: looseEnum(['minimize', 'maximize']), primary_metric: text });

/** Bounds of a sweep; times in seconds. */
export const sweepLimitsYaml = z.strictObject({
  max_total_trials: z.int().positive().optional(),
  max_concurrent_trials: z.int().positive().optional(),
  timeout: seconds.optional(),
  trial_timeout: seconds.optional(),
});

/** What a sweep is beside its trial: in a job of its own and as a step. */
export const sweepShape = {
  sampling_algorithm: samplingYaml,
  search_space: searchSpaceYaml,
  objective: objectiveYaml,
  early_termination: earlyTerminationYaml.optional(),
  limits: sweepLimitsYaml,
};

/** A sweep job. */
export const sweepJobYaml = z.strictObject({
  $schema: text.optional(),
  type: looseEnum(['sweep']).optional(),
  name: text.optional(),
  display_name: text.optional(),
  experiment_name: text.optional(),
  description: text.optional(),
  tags: tags.optional(),
  properties: tags.optional(),
  compute: text.optional(),
  trial: z.strictObject({
    command: text.min(1, 'the command that a trial runs'),
    code: text.optional(),
    environment: environmentUse,
    environment_variables: environmentVariables.optional(),
    resources: resourcesYaml.optional(),
    distribution: distributionYaml.optional(),
  }),
  inputs: z.record(entryName, jobInputYaml).optional(),
  outputs: z.record(entryName, jobOutputYaml).optional(),
  ...sweepShape,
});
/** See {@link sweepJobYaml}. */
export type SweepJobYaml = z.output<typeof sweepJobYaml>;

/** Keys of Microsoft's schema that a later release honours. */
export const laterSweepJobKeys: LaterKeys = {
  identity: 'the identity of a job',
  queue_settings: 'job tiers and priorities',
  resources: 'resources of the sweep itself; those of `trial` are honoured',
  'inputs.*.optional': 'optional inputs',
  'trial.environment.datastore': 'uploads of environments',
};
