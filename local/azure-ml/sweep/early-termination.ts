/** Which trials of a sweep are given up before they end. Pure. @source Azure ML, "Hyperparameter tuning a model" */

/** What a trial has reported of the primary metric, oldest first; one interval is one report. */
export interface TrialReports {
  readonly name: string;
  readonly isRunning: boolean;
  readonly values: readonly number[];
}

/** When trials are given up, in the words of the payload. */
export type EarlyTermination = {
  readonly evaluationInterval?: number | null | undefined;
  readonly delayEvaluation?: number | null | undefined;
} & (
  | {
      readonly policyType: 'Bandit';
      readonly slackFactor?: number | null | undefined;
      readonly slackAmount?: number | null | undefined;
    }
  | { readonly policyType: 'MedianStopping' }
  | { readonly policyType: 'TruncationSelection'; readonly truncationPercentage: number }
);

/**
 * @param goal - what is better
 * @returns names of the running trials that are to be canceled
 */
export function trialsToStop(
  policy: EarlyTermination,
  goal: 'Minimize' | 'Maximize',
  trials: readonly TrialReports[],
): readonly string[] {
  const sign = goal === 'Maximize' ? 1 : -1;
  const reports = trials.map((trial) => ({ ...trial, values: trial.values.map((value) => sign * value) }));
  const judged = reports.filter(({ isRunning, values }) => isRunning && isDue(policy, values.length));
  return judged.filter((trial) => isWorse(policy, trial, reports)).map(({ name }) => name);
}

/** Every `evaluationInterval` reports (each where it is 0), from the first after `delayEvaluation`. */
function isDue({ evaluationInterval, delayEvaluation }: EarlyTermination, reported: number): boolean {
  const interval = Math.max(1, evaluationInterval ?? 1);
  return reported > 0 && reported % interval === 0 && reported >= (delayEvaluation ?? 0);
}

/** Values are higher where they are better. */
function isWorse(policy: EarlyTermination, trial: TrialReports, all: readonly TrialReports[]): boolean {
  const { values } = trial;
  switch (policy.policyType) {
    case 'Bandit': {
      const best = Math.max(...all.map((other) => bestUpTo(other.values, values.length)));
      return bestUpTo(values, values.length) < best - slack(policy, best);
    }
    case 'MedianStopping': {
      const others = all.filter((other) => other !== trial && other.values.length > 0);
      if (others.length === 0) return false;
      const middle = median(others.map((other) => mean(other.values.slice(0, values.length))));
      return bestUpTo(values, values.length) < middle;
    }
    case 'TruncationSelection': {
      const same = all.filter((other) => other.values.length >= values.length);
      const ranked = same.map((other) => bestUpTo(other.values, values.length)).toSorted((a, b) => a - b);
      const dropped = Math.floor((ranked.length * policy.truncationPercentage) / 100);
      const threshold = ranked[dropped];
      return threshold !== undefined && dropped > 0 && bestUpTo(values, values.length) < threshold;
    }
  }
}

/** @source the same: a slack factor 0.2 keeps what is at least best / (1 + 0.2), of a metric that is maximised */
function slack(
  { slackFactor, slackAmount }: Extract<EarlyTermination, { policyType: 'Bandit' }>,
  best: number,
): number {
  const factor = slackFactor ?? 0;
  if (factor === 0) return slackAmount ?? 0;
  // Below 0, where metrics are minimised, the allowed value lies at best · (1 + factor).
  return best >= 0 ? best - best / (1 + factor) : -best * factor;
}

function bestUpTo(values: readonly number[], count: number): number {
  return Math.max(-Infinity, ...values.slice(0, count));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
