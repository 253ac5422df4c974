/** Gates that compare candidate and champion on the same rows. */
import type { BetterGate, GateVerdict, NotWorseGate, TestedMetric, VerdictReason } from '#shared/contracts/gates.ts';

import { limits } from '../limits.ts';
import { figureOf, gainFigure } from './metric-figures.ts';
import type { Predictions } from './predictions.ts';
import { lackOf, sampleOf, sizeOf, type Sample } from './sample.ts';
import { BOOTSTRAP_SEED, LEAST_DRAWS, bootstrap } from './statistics/bootstrap.ts';
import { deLong } from './statistics/delong.ts';
import { allRows, rightTenPercentAlerts } from './statistics/figures.ts';
import { mcNemar } from './statistics/mcnemar.ts';
import { judged, say, tooFewDraws, tooSmall, verdictOf, withoutPredictions } from './verdict.ts';

/** Confidence of the interval that a test shows beside its p-value. */
const SHOWN_CONFIDENCE = 0.95;

/**
 * @param sample - rows of the evaluation; undefined where the job wrote no predictions
 * @returns whether the lower end of the interval of the gain is above what the gate asks
 */
export function judgeBetter(gate: BetterGate, sample: Sample | undefined, hasChampion: boolean): GateVerdict {
  const early = unjudgeable(gate, sample, hasChampion);
  if (early !== undefined || sample === undefined) return early ?? withoutPredictions(gate);
  const { metric, confidence, betterThanChampionBy: bound } = gate;
  const comparison = compare(metric, sample, confidence);
  if (comparison.draws !== undefined && comparison.draws < LEAST_DRAWS) {
    return tooFewDraws(gate, {
      candidate: comparison.candidate,
      champion: comparison.champion,
      draws: comparison.draws,
    });
  }
  const met = comparison.low > bound;
  return judged(gate, met ? 'met' : 'not-met', {
    text: `${metric} ${say(comparison.champion)} → ${say(comparison.candidate)}, gain ${say(comparison.gain)} [${say(comparison.low)}, ${say(comparison.high)}], p = ${say(comparison.p)}; the lower end must be above ${say(bound)}.`,
    numbers: { ...comparison, bound, confidence, ...sizeOf(sample) },
  });
}

/**
 * @param predictions - of the evaluation; undefined where the job wrote none
 * @returns whether the candidate is not significantly worse, over all rows or within every slice
 */
export function judgeNotWorse(
  gate: NotWorseGate,
  predictions: Predictions | undefined,
  hasChampion: boolean,
): GateVerdict {
  const early = unjudgeable(gate, predictions, hasChampion);
  if (early !== undefined || predictions === undefined) return early ?? withoutPredictions(gate);
  if (gate.slices !== undefined) return judgeSlices(gate, gate.slices, predictions);
  const { numbers, reason } = test(gate, predictions);
  const { metric, notWorseThanChampion } = gate;
  return judged(gate, reason, {
    text: `${metric} ${say(numbers.champion)} → ${say(numbers.candidate)}, p = ${say(numbers.p)}; it must not be worse with p below ${say(notWorseThanChampion.p)}.`,
    numbers,
  });
}

/** The verdict that needs no comparison: no champion, no predictions, too few rows. */
function unjudgeable(
  gate: BetterGate | NotWorseGate,
  sample: Sample | undefined,
  hasChampion: boolean,
): GateVerdict | undefined {
  if (!hasChampion) {
    const value =
      sample === undefined
        ? undefined
        : figureOf(gate.metric)?.(sample.labels, sample.candidate)(allRows(sample.labels.length));
    return judged(gate, 'no-champion', {
      text: `There is no champion yet, so ${gate.metric} has nothing to be compared with.`,
      numbers: value === undefined || Number.isNaN(value) ? {} : { candidate: value },
    });
  }
  if (sample === undefined) return withoutPredictions(gate);
  const lack = lackOf(sample, gate.minimum);
  return lack === undefined ? undefined : tooSmall(gate, lack, sizeOf(sample));
}

interface Comparison {
  readonly candidate: number;
  readonly champion: number;
  /** More is better, also for losses. */
  readonly gain: number;
  readonly low: number;
  readonly high: number;
  readonly p: number;
  /** Present where the interval is a bootstrap's. */
  readonly draws?: number;
}

/** By DeLong for the area under the curve, by the paired bootstrap for everything else. */
function compare(
  metric: BetterGate['metric'],
  sample: Sample,
  confidence: number,
): Comparison & Readonly<Record<string, number>> {
  const { labels, champion, candidate } = sample;
  if (metric === 'auc') {
    const { first, second, difference, low, high, p, z, standardError } = deLong(
      labels,
      champion,
      candidate,
      confidence,
    );
    return { candidate: second, champion: first, gain: difference, low, high, p, z, standardError };
  }
  const rows = allRows(labels.length);
  const valueOf = (probabilities: readonly number[]): number =>
    figureOf(metric)?.(labels, probabilities)(rows) ?? Number.NaN;
  const figure = gainFigure(metric, sample);
  const { low, high, p, draws } = bootstrap(labels.length, figure, confidence);
  return {
    candidate: valueOf(candidate),
    champion: valueOf(champion),
    gain: figure(rows),
    low,
    high,
    p,
    draws,
    seed: BOOTSTRAP_SEED,
  };
}

interface TestOutcome {
  readonly reason: VerdictReason;
  readonly numbers: Readonly<Record<string, number>> & {
    readonly candidate: number;
    readonly champion: number;
    readonly p: number;
  };
}

function test(gate: NotWorseGate, sample: Sample): TestOutcome {
  const numbers = { ...tested(gate.metric, sample), level: gate.notWorseThanChampion.p, ...sizeOf(sample) };
  const worse = numbers.gain < 0 && numbers.p < gate.notWorseThanChampion.p;
  return { reason: worse ? 'not-met' : 'met', numbers };
}

function tested(
  metric: TestedMetric,
  sample: Sample,
): Readonly<Record<string, number>> & { candidate: number; champion: number; gain: number; p: number } {
  if (metric === 'auc') return compare('auc', sample, SHOWN_CONFIDENCE);
  const { labels, champion, candidate } = sample;
  const rows = allRows(labels.length);
  const recall = (scores: readonly number[]): number => figureOf(metric)?.(labels, scores)(rows) ?? Number.NaN;
  const { onlyFirst, onlySecond, p } = mcNemar(
    rightTenPercentAlerts(labels, champion),
    rightTenPercentAlerts(labels, candidate),
  );
  return {
    candidate: recall(candidate),
    champion: recall(champion),
    gain: recall(candidate) - recall(champion),
    onlyChampionRight: onlyFirst,
    onlyCandidateRight: onlySecond,
    p,
  };
}

function judgeSlices(gate: NotWorseGate, columns: readonly string[], predictions: Predictions): GateVerdict {
  const missing = columns.filter((column) => !predictions.slices.has(column));
  if (missing.length > 0) {
    return judged(gate, 'slice-missing', {
      text: `predictions.csv has no column ${missing.map((column) => `"${column}"`).join(', ')}.`,
      numbers: {},
    });
  }
  const groups = columns.flatMap((column) => groupsOf(column, predictions));
  if (groups.length > limits.gateSlices) {
    return judged(gate, 'too-many-slices', {
      text: `The columns have ${groups.length} values together; at most ${limits.gateSlices} slices are judged.`,
      numbers: { slices: groups.length, mostSlices: limits.gateSlices },
    });
  }
  const slices = groups.map(({ column, value, rows }) => {
    const sample = sampleOf(predictions, rows);
    const lack = lackOf(sample, gate.minimum);
    const { reason, numbers } = lack === undefined ? test(gate, sample) : { reason: lack, numbers: sizeOf(sample) };
    return { column, value, verdict: verdictOf(reason), reason, numbers: { ...numbers } };
  });
  const worse = slices.filter((slice) => slice.verdict === 'failed');
  const large = slices.filter((slice) => slice.verdict !== 'tooFew');
  const numbers = {
    slices: slices.length,
    judged: large.length,
    worse: worse.length,
    level: gate.notWorseThanChampion.p,
  };
  if (large.length === 0) {
    return judged(gate, 'no-slice-large-enough', {
      text: `None of ${slices.length} slices has enough rows to be judged.`,
      numbers,
      slices,
    });
  }
  const named = worse.map((slice) => `${slice.column} = ${slice.value}`).join(', ');
  return judged(gate, worse.length === 0 ? 'met' : 'not-met', {
    text: `${gate.metric} within ${large.length} slices (${slices.length - large.length} too small): ${worse.length === 0 ? 'none' : named} worse with p below ${say(gate.notWorseThanChampion.p)}.`,
    numbers,
    slices,
  });
}

function groupsOf(
  column: string,
  predictions: Predictions,
): { readonly column: string; readonly value: string; readonly rows: readonly number[] }[] {
  const rowsByValue = new Map<string, number[]>();
  for (const [row, value] of (predictions.slices.get(column) ?? []).entries()) {
    const rows = rowsByValue.get(value);
    if (rows === undefined) rowsByValue.set(value, [row]);
    else rows.push(row);
  }
  return [...rowsByValue]
    .map(([value, rows]) => ({ column, value, rows }))
    .sort((a, b) => (a.value < b.value ? -1 : 1));
}
