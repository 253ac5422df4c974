/**
 * The `gates:` of a pipeline and what comes of them. A gate is a rule over the evaluation of a candidate; its verdict
 * keeps every number it was taken from, so that it can be recomputed from the stored predictions.
 */
import { z } from 'zod';

import { limits } from '#shared/domain/limits.ts';

/** Metrics that Whence computes itself from `predictions.csv`. Any other name is looked up in `metrics.json`. */
export const computedMetrics = [
  'auc',
  'averagePrecision',
  'logLoss',
  'brier',
  'expectedOverObserved',
  'recallAtTenPercent',
] as const;
/** One of {@link computedMetrics}. */
export type ComputedMetric = (typeof computedMetrics)[number];

/** Metrics that compare candidate and champion on the same rows, with an interval of the gain. */
export const pairedMetrics = ['auc', 'averagePrecision', 'logLoss', 'brier', 'recallAtTenPercent'] as const;
/** One of {@link pairedMetrics}. */
export type PairedMetric = (typeof pairedMetrics)[number];

/** Metrics that have an exact or asymptotic paired test: DeLong for `auc`, McNemar for `recallAtTenPercent`. */
export const testedMetrics = ['auc', 'recallAtTenPercent'] as const;
/** One of {@link testedMetrics}. */
export type TestedMetric = (typeof testedMetrics)[number];

/** Metrics that a constant prediction of the base rate has, for the bound `prior`. */
const priorMetrics: ReadonlySet<string> = new Set<ComputedMetric>(['auc', 'averagePrecision', 'logLoss', 'brier']);

const metricName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'a metric name: a letter, then letters, digits, `_`, `.` or `-`, at most 64')
  .describe(
    `Metric of the candidate. Computed from predictions.csv: ${computedMetrics.join(', ')}; any other name is read from metrics.json.`,
  );

const confidence = z.number().min(0.8).max(0.99).describe('Two-sided confidence of the interval, 0.8 to 0.99.');

/** Below these a gate's verdict is `tooFew`. @source demo-data.md 6: slices of 30 rows and 15 positives */
const minimum = z
  .strictObject({
    rows: z.int().min(2).default(30).describe('Rows that the evaluation, or a slice, must have.'),
    perClass: z.int().min(2).default(15).describe('Rows that each of the two labels must have.'),
  })
  .prefault({})
  .describe('How much evidence the gate needs; with less its verdict is tooFew, which does not pass.');

const bound = z
  .union([z.number(), z.literal('prior')], { error: 'a number, or `prior`' })
  .describe('The bound: a number, or `prior`, the metric of always predicting the base rate.');

const absolute = { metric: metricName, confidence: confidence.optional(), minimum };

interface AbsoluteShape {
  readonly metric: string;
  readonly confidence?: number | undefined;
}

function hasPrior(gate: AbsoluteShape & Readonly<Record<string, unknown>>): boolean {
  return !Object.values(gate).includes('prior') || priorMetrics.has(gate.metric);
}
const priorRule = { error: `\`prior\` exists for ${[...priorMetrics].join(', ')}`, path: ['metric'] };

function canHaveInterval(gate: AbsoluteShape): boolean {
  return gate.confidence === undefined || (computedMetrics as readonly string[]).includes(gate.metric);
}
const intervalRule = {
  error: `an interval (\`confidence\`) exists for ${computedMetrics.join(', ')}`,
  path: ['confidence'],
};

/** With `confidence` the end of the interval that speaks against the candidate must meet the bound. */
const absoluteGate = z.union([
  z
    .strictObject({ ...absolute, atLeast: bound })
    .refine(hasPrior, priorRule)
    .refine(canHaveInterval, intervalRule),
  z
    .strictObject({ ...absolute, above: bound })
    .refine(hasPrior, priorRule)
    .refine(canHaveInterval, intervalRule),
  z
    .strictObject({ ...absolute, atMost: bound })
    .refine(hasPrior, priorRule)
    .refine(canHaveInterval, intervalRule),
  z
    .strictObject({ ...absolute, below: bound })
    .refine(hasPrior, priorRule)
    .refine(canHaveInterval, intervalRule),
]);

const rangeGate = z.strictObject({
  metric: metricName,
  between: z
    .tuple([z.number(), z.number()])
    .refine(([from, to]) => from < to, 'two numbers, the smaller one first')
    .describe('The metric must lie in this range, ends included.'),
  minimum,
});

const betterGate = z.strictObject({
  metric: z.enum(pairedMetrics).describe('Metric compared row by row.'),
  betterThanChampionBy: z
    .number()
    .describe(
      'The lower end of the interval of the gain over the champion must be greater than this. Gains count so that more is better, also for losses; a negative number allows that much loss.',
    ),
  confidence: confidence.default(0.95),
  minimum,
});

const notWorseGate = z.strictObject({
  metric: z.enum(testedMetrics).describe('Metric compared row by row.'),
  notWorseThanChampion: z
    .strictObject({ p: z.number().gt(0).max(0.5).describe('Two-sided significance level of the test.') })
    .describe('Refuses a candidate that is worse than the champion with a p-value below `p`.'),
  slices: z
    .array(z.string().min(1))
    .min(1)
    .max(10)
    .optional()
    .describe(
      'Slice columns of predictions.csv: the test is done within each of their values instead of over all rows; slices with too few rows are named and do not count.',
    ),
  minimum,
});

/** One gate of a pipeline. */
export const gate = z.union([absoluteGate, rangeGate, betterGate, notWorseGate]);
/** See {@link gate}. */
export type Gate = z.output<typeof gate>;
/** A gate that holds one metric of the candidate against a bound. */
export type AbsoluteGate = z.output<typeof absoluteGate>;
/** A gate that wants a metric of the candidate within a range. */
export type RangeGate = z.output<typeof rangeGate>;
/** A gate that wants a gain over the champion. */
export type BetterGate = z.output<typeof betterGate>;
/** A gate that forbids a significant loss against the champion. */
export type NotWorseGate = z.output<typeof notWorseGate>;

/** The `gates:` of a pipeline. All must pass. */
export const gates = z
  .array(gate)
  .min(1, 'at least one gate')
  .max(limits.gates)
  .describe(
    'Rules that a candidate must pass before it is registered and rolled out; all of them are judged, all must pass.',
  );

/** What a gate says. Only `passed` lets a candidate through. */
export const verdicts = ['passed', 'failed', 'tooFew'] as const;
/** One of {@link verdicts}. */
export type Verdict = (typeof verdicts)[number];

/** Why a gate says so. */
export const verdictReasons = [
  'met',
  'not-met',
  'no-champion',
  'too-few-rows',
  'too-few-of-a-label',
  'too-few-draws',
  'no-slice-large-enough',
  'predictions-missing',
  'metric-missing',
  'slice-missing',
  'too-many-slices',
] as const;
/** One of {@link verdictReasons}. */
export type VerdictReason = (typeof verdictReasons)[number];

/** Numbers of a verdict by name; every one that the verdict was taken from. */
const numbers = z.record(z.string(), z.number());

/** A gate's verdict with its numbers. */
export const gateVerdict = z.strictObject({
  gate,
  verdict: z.enum(verdicts),
  reason: z.enum(verdictReasons),
  /** One sentence for people. */
  text: z.string(),
  numbers,
  /** One entry for each slice, where the gate has slices. */
  slices: z
    .array(
      z.strictObject({
        column: z.string(),
        value: z.string(),
        verdict: z.enum(verdicts),
        reason: z.enum(verdictReasons),
        numbers,
      }),
    )
    .optional(),
});
/** See {@link gateVerdict}. */
export type GateVerdict = z.output<typeof gateVerdict>;
