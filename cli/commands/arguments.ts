/** What a user may give as an argument, refused here with a sentence instead of by the API with a schema. */
import { runIdParam } from '#shared/contracts/api/run-routes.ts';
import { limits } from '#shared/domain/limits.ts';
import { pipelineName } from '#shared/contracts/records/pipeline.ts';

import { CliError } from '../cli-error.ts';

/** Runs that are listed where nobody says how many. */
export const DEFAULT_LIMIT = '20';

/**
 * @returns the name of a pipeline
 * @throws {CliError} none can be called so
 */
export function asPipeline(name: string): string {
  if (pipelineName.safeParse(name).success) return name;
  throw new CliError(`No pipeline can be called "${name}".`, 'List them with `whence pipeline list`.');
}

/**
 * @returns the name of a pipeline, where one was given
 * @throws {CliError} none can be called so
 */
export function asOptionalPipeline(name: string | undefined): string | undefined {
  return name === undefined ? undefined : asPipeline(name);
}

/**
 * @returns the id of a run
 * @throws {CliError} no run has such an id
 */
export function asRunId(id: string): string {
  if (runIdParam.safeParse(id).success) return id;
  const fix = id.includes(':')
    ? `A model is shown by \`whence model show ${id}\`; it names its run.`
    : 'List them with `whence run list`.';
  throw new CliError(`"${id}" is no id of a run.`, fix);
}

/**
 * @param what - what it counts, for the sentence
 * @param most - the largest that is taken
 * @returns the number
 * @throws {CliError} it is none from 1 to `most`
 */
export function asCount(text: string, what: string, most: number = Number.MAX_SAFE_INTEGER): number {
  const count = Number(text);
  if (/^\d{1,16}$/.test(text) && count >= 1 && count <= most) return count;
  const range = most === Number.MAX_SAFE_INTEGER ? 'a whole number from 1' : `a whole number from 1 to ${most}`;
  throw new CliError(`"${text}" is no ${what}.`, `Give ${range}.`);
}

/**
 * @returns how many rows to list
 * @throws {CliError} the API lists no such number
 */
export function asLimit(text: string): number {
  return asCount(text, 'number of rows', limits.apiPageRows);
}
