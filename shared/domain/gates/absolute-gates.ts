/** Gates over the candidate alone: bounds and ranges. */
import type { AbsoluteGate, GateVerdict, RangeGate } from '#shared/contracts/gates.ts';
import type { EvaluationMetrics } from '#shared/contracts/evaluation.ts';

import { ownEntry } from '../is-record.ts';
import { lackOf, sizeOf, type Sample } from './sample.ts';
import { BOOTSTRAP_SEED, LEAST_DRAWS, bootstrap } from './statistics/bootstrap.ts';
import { allRows, type Figure } from './statistics/figures.ts';
import { figureOf } from './metric-figures.ts';
import { judged, say, tooFewDraws, tooSmall, withoutPredictions } from './verdict.ts';

const operators = {
  atLeast: { word: 'at least', holds: (value: number, bound: number) => value >= bound, against: 'low' },
  above: { word: 'above', holds: (value: number, bound: number) => value > bound, against: 'low' },
  atMost: { word: 'at most', holds: (value: number, bound: number) => value <= bound, against: 'high' },
  below: { word: 'below', holds: (value: number, bound: number) => value < bound, against: 'high' },
} as const;

interface Bound {
  readonly operator: (typeof operators)[keyof typeof operators];
  readonly value: number | 'prior';
}

function boundOf(gate: AbsoluteGate): Bound {
  if ('atLeast' in gate) return { operator: operators.atLeast, value: gate.atLeast };
  if ('above' in gate) return { operator: operators.above, value: gate.above };
  if ('atMost' in gate) return { operator: operators.atMost, value: gate.atMost };
  return { operator: operators.below, value: gate.below };
}

/**
 * @param sample - rows of the evaluation; undefined where the job wrote no predictions
 * @returns whether the metric, or the end of its interval that speaks against the candidate, meets the bound
 */
export function judgeAbsolute(gate: AbsoluteGate, sample: Sample | undefined, metrics: EvaluationMetrics): GateVerdict {
  const found = candidateValue(gate, sample, metrics);
  if ('verdict' in found) return found;
  const { operator, value } = boundOf(gate);
  const prior = value === 'prior' ? priorOf(gate.metric, found.sample, metrics) : undefined;
  const bound = value === 'prior' ? (prior?.bound ?? Number.NaN) : value;
  const numbers = { candidate: found.candidate, bound, ...prior?.numbers, ...found.size };
  const limit = `${operator.word} ${say(bound)}${value === 'prior' ? ', what the base rate alone reaches' : ''}`;
  if (gate.confidence === undefined || found.figure === undefined || found.sample === undefined) {
    const met = operator.holds(found.candidate, bound);
    const text = `${gate.metric} is ${say(found.candidate)}; it must be ${limit}.`;
    return judged(gate, met ? 'met' : 'not-met', { text, numbers });
  }
  const { low, high, draws } = bootstrap(found.sample.labels.length, found.figure, gate.confidence);
  if (draws < LEAST_DRAWS) return tooFewDraws(gate, { ...numbers, draws });
  const end = operator.against === 'low' ? low : high;
  return judged(gate, operator.holds(end, bound) ? 'met' : 'not-met', {
    text: `${gate.metric} is ${say(found.candidate)} [${say(low)}, ${say(high)}]; the ${operator.against === 'low' ? 'lower' : 'upper'} end must be ${limit}.`,
    numbers: { ...numbers, low, high, confidence: gate.confidence, draws, seed: BOOTSTRAP_SEED },
  });
}

/** @returns whether the metric lies in the range */
export function judgeRange(gate: RangeGate, sample: Sample | undefined, metrics: EvaluationMetrics): GateVerdict {
  const found = candidateValue(gate, sample, metrics);
  if ('verdict' in found) return found;
  const [from, to] = gate.between;
  const met = found.candidate >= from && found.candidate <= to;
  return judged(gate, met ? 'met' : 'not-met', {
    text: `${gate.metric} is ${say(found.candidate)}; it must be from ${say(from)} to ${say(to)}.`,
    numbers: { candidate: found.candidate, from, to, ...found.size },
  });
}

interface CandidateValue {
  readonly candidate: number;
  readonly size: { readonly rows?: number; readonly positives?: number };
  /** Present for metrics that Whence computes. */
  readonly figure?: Figure;
  readonly sample?: Sample;
}

function candidateValue(
  gate: AbsoluteGate | RangeGate,
  sample: Sample | undefined,
  metrics: EvaluationMetrics,
): CandidateValue | GateVerdict {
  const makeFigure = figureOf(gate.metric);
  if (makeFigure === undefined) {
    const candidate = ownEntry(metrics.metrics, gate.metric);
    if (candidate !== undefined) return { candidate, size: {} };
    return judged(gate, 'metric-missing', { text: `metrics.json has no metric ${gate.metric}.`, numbers: {} });
  }
  if (sample === undefined) return withoutPredictions(gate);
  const lack = lackOf(sample, gate.minimum);
  const size = sizeOf(sample);
  if (lack !== undefined) return tooSmall(gate, lack, size);
  const figure = makeFigure(sample.labels, sample.candidate);
  return { candidate: figure(allRows(size.rows)), figure, sample, size };
}

/** What always predicting the base rate reaches on these rows. */
function priorOf(
  metric: string,
  sample: Sample | undefined,
  metrics: EvaluationMetrics,
): { readonly bound: number; readonly numbers: Readonly<Record<string, number>> } | undefined {
  const makeFigure = figureOf(metric);
  if (sample === undefined || makeFigure === undefined) return undefined;
  const { rows, positives } = sizeOf(sample);
  const priorRate = metrics.priorRate ?? positives / rows;
  const constant = sample.labels.map(() => priorRate);
  return { bound: makeFigure(sample.labels, constant)(allRows(rows)), numbers: { priorRate } };
}
