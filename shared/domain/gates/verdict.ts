/** Making verdicts: one place for their shape and wording. */
import type { Gate, GateVerdict, Verdict, VerdictReason } from '#shared/contracts/gates.ts';

/** What a verdict is made of, beside its gate. */
export type Finding = Omit<GateVerdict, 'gate' | 'verdict' | 'reason'>;

const verdictOfReason: Readonly<Record<VerdictReason, Verdict>> = {
  met: 'passed',
  'no-champion': 'passed',
  'not-met': 'failed',
  'predictions-missing': 'failed',
  'metric-missing': 'failed',
  'slice-missing': 'failed',
  'too-many-slices': 'failed',
  'too-few-rows': 'tooFew',
  'too-few-of-a-label': 'tooFew',
  'too-few-draws': 'tooFew',
  'no-slice-large-enough': 'tooFew',
};

/** @returns the verdict that the reason means */
export function verdictOf(reason: VerdictReason): Verdict {
  return verdictOfReason[reason];
}

/** @returns a verdict */
export function judged(gate: Gate, reason: VerdictReason, finding: Finding): GateVerdict {
  return { gate, verdict: verdictOf(reason), reason, ...finding };
}

/** @returns a number as verdicts say it to people: four decimals, or as an exponent where these would be zeros */
export function say(value: number): string {
  return value !== 0 && Math.abs(value) < 0.0005 ? value.toExponential(1) : String(Number(value.toFixed(4)));
}

/** @returns the verdict of a gate that needs predictions.csv where there is none */
export function withoutPredictions(gate: Gate): GateVerdict {
  return judged(gate, 'predictions-missing', {
    text: `The evaluate job wrote no predictions.csv, from which ${gate.metric} is computed.`,
    numbers: {},
  });
}

/** @returns the verdict of a gate whose rows are too few */
export function tooSmall(
  gate: Gate,
  reason: VerdictReason,
  size: { readonly rows: number; readonly positives: number },
): GateVerdict {
  const { rows, perClass } = gate.minimum;
  return judged(gate, reason, {
    text: `${size.rows} rows with ${size.positives} positives are too few: at least ${rows} rows and ${perClass} of each label are needed.`,
    numbers: { ...size, leastRows: rows, leastPerClass: perClass },
  });
}

/** @returns the verdict of a gate whose rows, drawn again, lack a label too often */
export function tooFewDraws(
  gate: Gate,
  numbers: Readonly<Record<string, number>> & { readonly draws: number },
): GateVerdict {
  return judged(gate, 'too-few-draws', {
    text: `Only ${numbers.draws} samples of these rows have a figure for ${gate.metric}: too few for an interval.`,
    numbers,
  });
}
