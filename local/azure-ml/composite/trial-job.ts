/** The job that a trial of a sweep is, and which trial is the best. */
import { fillCommand } from '../job-body.ts';
import type { Job } from '../job-state.ts';
import type { TrialValues } from '../sweep/sampling.ts';
import type { SweepProperties } from './sweep-body.ts';

/** Property of a trial with its values. */
const VALUES = 'whence.search_space';

/** @param values - of the search space */
export function trialJob(sweep: SweepProperties, values: TrialValues): Readonly<Record<string, unknown>> {
  const { trial, inputs, outputs, experimentName, limits } = sweep;
  const { command, ...program } = trial;
  const searched = (group: string, name: string): string | undefined => {
    const isSearched = group === 'search_space' || (group === 'inputs' && inputs?.[name] === undefined);
    return isSearched && Object.hasOwn(values, name) ? String(values[name]) : `\${{${group}.${name}}}`;
  };
  return {
    jobType: 'Command',
    ...program,
    command: fillCommand(command, searched),
    experimentName,
    inputs: inputs ?? {},
    outputs: Object.fromEntries(
      Object.entries(outputs ?? {}).map(([name, { uri: _uri, ...output }]) => [name, output] as const),
    ),
    ...(typeof limits?.trialTimeout === 'string'
      ? { limits: { jobLimitsType: 'Command', timeout: limits.trialTimeout } }
      : {}),
    properties: { [VALUES]: JSON.stringify(values) },
  };
}

/** @returns the values that a trial was given */
export function trialValues(trial: Job): TrialValues {
  const { properties } = trial.body['properties'] as { properties?: Readonly<Record<string, string>> };
  return JSON.parse(properties?.[VALUES] ?? '{}') as TrialValues;
}

/**
 * @param trials - in order; the value that counts is the last that a trial reported
 * @returns the best, the earliest of equals; undefined where none reported
 */
export function bestTrial(
  goal: 'Minimize' | 'Maximize',
  trials: readonly { readonly name: string; readonly values: readonly number[] }[],
): { readonly name: string; readonly value: number } | undefined {
  const sign = goal === 'Maximize' ? 1 : -1;
  const reported = trials.flatMap(({ name, values }) => {
    const value = values.at(-1);
    return value === undefined ? [] : [{ name, value }];
  });
  return reported.toSorted((a, b) => sign * (b.value - a.value))[0];
}
