import type { SourceDocument } from '../../yaml/source-document.ts';
import { draftDistribution, draftInputs, draftOutputs, draftResources } from '../draft/command-job-draft.ts';
import type { DraftContext } from '../draft/context.ts';
import type { EnvironmentUse } from '../draft/drafts.ts';
import { environmentUseOf } from '../draft/environment-draft.ts';
import { isoDuration } from '../draft/iso-duration.ts';
import { present } from '../draft/present.ts';
import { stripReference } from '../draft/references.ts';
import type { SearchDistribution, SweepJobYaml } from '../yaml/sweep-yaml.ts';

import { anonymousEnvironment } from './environment-to-arm.ts';

/**
 * Payload of a sweep job, as Azure ML's tools make it before anything is uploaded.
 *
 * @returns the payload, or undefined after a reported problem
 * @source azure-ai-ml 1.34, `SweepJob._to_rest_object`
 */
export function sweepJobToArm(
  yaml: SweepJobYaml,
  document: SourceDocument,
  context: DraftContext,
): Record<string, unknown> | undefined {
  const { trial, limits } = yaml;
  const environment = environmentUseOf(trial.environment, document, ['trial', 'environment'], context);
  const code = trial.code === undefined ? undefined : context.keepFolder(trial.code, document, ['trial', 'code']);
  if (environment === undefined) return undefined;
  return {
    properties: {
      jobType: 'Sweep',
      ...present({
        displayName: yaml.display_name,
        experimentName: yaml.experiment_name,
        description: yaml.description,
      }),
      ...(yaml.compute === undefined ? {} : { computeId: stripReference(yaml.compute) }),
      tags: yaml.tags ?? {},
      properties: yaml.properties ?? {},
      inputs: draftInputs(yaml.inputs, document),
      outputs: draftOutputs(yaml.outputs),
      objective: { goal: capital(yaml.objective.goal), primaryMetric: yaml.objective.primary_metric },
      samplingAlgorithm: sampling(yaml.sampling_algorithm),
      searchSpace: Object.fromEntries(
        Object.entries(yaml.search_space).map(([name, distribution]) => [name, distributionToArm(distribution)]),
      ),
      limits: {
        jobLimitsType: 'Sweep',
        ...present({ maxTotalTrials: limits.max_total_trials, maxConcurrentTrials: limits.max_concurrent_trials }),
        ...(limits.timeout === undefined ? {} : { timeout: isoDuration(limits.timeout * 1_000) }),
        ...(limits.trial_timeout === undefined ? {} : { trialTimeout: isoDuration(limits.trial_timeout * 1_000) }),
      },
      ...(yaml.early_termination === undefined ? {} : { earlyTermination: earlyTermination(yaml.early_termination) }),
      trial: {
        command: trial.command,
        ...present({ codeId: code }),
        environmentId: context.keepEnvironment?.(environment) ?? environmentId(environment),
        environmentVariables: trial.environment_variables ?? {},
        ...(trial.resources === undefined ? {} : { resources: draftResources(trial.resources) }),
        ...(trial.distribution === undefined ? {} : { distribution: draftDistribution(trial.distribution) }),
      },
      isArchived: false,
    },
  };
}

function environmentId(use: EnvironmentUse): unknown {
  return use.kind === 'reference' ? use.reference : anonymousEnvironment(use.environment);
}

function sampling(algorithm: SweepJobYaml['sampling_algorithm']): Record<string, unknown> {
  if (typeof algorithm === 'string') return { samplingAlgorithmType: capital(algorithm) };
  const { type, seed, rule, logbase } = algorithm;
  return {
    samplingAlgorithmType: capital(type),
    ...present({ seed, rule: rule === undefined ? undefined : capital(rule), logbase }),
  };
}

/** A distribution as the payload has it: its name and its arguments in order. */
export function distributionToArm(distribution: SearchDistribution): [string, unknown[]] {
  switch (distribution.type) {
    case 'choice':
      return ['choice', [distribution.values.map(choiceToArm)]];
    case 'uniform':
    case 'loguniform':
      return [distribution.type, [distribution.min_value, distribution.max_value]];
    case 'quniform':
    case 'qloguniform':
      return [distribution.type, [distribution.min_value, distribution.max_value, distribution.q]];
    case 'normal':
    case 'lognormal':
      return [distribution.type, [distribution.mu, distribution.sigma]];
    case 'qnormal':
    case 'qlognormal':
      return [distribution.type, [distribution.mu, distribution.sigma, distribution.q]];
    case 'randint':
      return ['randint', [distribution.upper]];
  }
}

function choiceToArm(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, isDistribution(member) ? distributionToArm(member) : member]),
  );
}

function isDistribution(value: unknown): value is SearchDistribution {
  return typeof value === 'object' && value !== null && 'type' in value;
}

/** An early termination policy; what is unset is 0. */
export function earlyTermination(
  policy: NonNullable<SweepJobYaml['early_termination']>,
): Readonly<Record<string, unknown>> {
  const interval = {
    evaluationInterval: policy.evaluation_interval ?? 0,
    delayEvaluation: policy.delay_evaluation ?? 0,
  };
  switch (policy.type) {
    case 'bandit':
      return {
        policyType: 'Bandit',
        ...interval,
        slackFactor: policy.slack_factor ?? 0,
        slackAmount: policy.slack_amount ?? 0,
      };
    case 'median_stopping':
      return { policyType: 'MedianStopping', ...interval };
    case 'truncation_selection':
      return { policyType: 'TruncationSelection', ...interval, truncationPercentage: policy.truncation_percentage };
  }
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
