import { pipelineRoutes } from '#shared/contracts/api/pipeline-routes.ts';
import { checkPipelineFolder } from '#shared/contracts/pipeline-definition.ts';
import type { Problem } from '#shared/domain/yaml/problem.ts';

import { CliError } from '../cli-error.ts';
import { ApiProblem, type ApiClient } from '../client/api-client.ts';
import { readCiToken } from './ci-token.ts';
import { collectFolder } from './collect.ts';

/** Paths that a sentence names. */
const MOST_NAMED = 10;

/** @returns a number of mistakes in words */
export function countMistakes(count: number): string {
  return `${count} ${count === 1 ? 'mistake' : 'mistakes'}`;
}

/** The folder is no pipeline that could be published. */
export class PipelineMistaken extends CliError {
  readonly problems: readonly Problem[];
  /** Bytes by path, as they would have been published. */
  readonly files: ReadonlyMap<string, Uint8Array>;

  constructor(folder: string, problems: readonly Problem[], files: ReadonlyMap<string, Uint8Array>) {
    super(
      `The pipeline has ${countMistakes(problems.length)}, so nothing was published.`,
      `Correct the files and commit; \`whence pipeline check ${folder}\` tells every mistake with its line.`,
      'pipeline.invalid',
      { problems },
    );
    this.problems = problems;
    this.files = files;
  }
}

/** What was published. */
export interface PublishedFolder {
  readonly pipeline: string;
  readonly version: string;
  readonly commit: string;
  readonly trust: string;
  /** Files that the server did not have. */
  readonly uploaded: number;
  /** Changes that the commit does not hold, by path in the repository; absent: there are none. */
  readonly uncommitted?: readonly string[];
}

/**
 * Publishes a pipeline folder: checks it here first, uploads what the server lacks, and asks for a version.
 *
 * @param folder - folder of the pipeline in a git work tree
 */
export async function publishFolder(api: ApiClient, folder: string): Promise<PublishedFolder> {
  const { files, request, uncommitted } = await collectFolder(folder);
  const checked = checkPipelineFolder(files);
  if (checked.problems !== undefined) throw new PipelineMistaken(folder, checked.problems, files);
  const pipeline = checked.definition.name;
  const digests = [...new Set(request.files.map((file) => file.sha256))];
  const { missing } = await api.call(pipelineRoutes.findPipelineFiles, {
    params: { pipeline },
    body: { sha256: digests },
  });
  for (const sha256 of missing) {
    const path = request.files.find((file) => file.sha256 === sha256)?.path ?? '';
    await api.call(pipelineRoutes.putPipelineFile, {
      params: { pipeline, sha256 },
      body: files.get(path) ?? new Uint8Array(),
    });
  }
  const ciToken = request.commit.dirty ? undefined : await readCiToken(process.env);
  const { version, commit, trust } = await api
    .call(pipelineRoutes.publishPipeline, {
      params: { pipeline },
      body: ciToken === undefined ? request : { ...request, ciToken },
    })
    .catch((error: unknown) => {
      throw uncommitted.length > 0 ? withUncommitted(error, uncommitted) : error;
    });
  const published = { pipeline, version, commit, trust, uploaded: missing.length };
  return uncommitted.length === 0 ? published : { ...published, uncommitted };
}

/** A stage that takes no unverified version says so; only here is it known why this one is unverified. */
function withUncommitted(error: unknown, paths: readonly string[]): unknown {
  if (!(error instanceof ApiProblem) || error.problem.code !== 'pipeline.not-accepted') return error;
  return new ApiProblem({
    ...error.problem,
    detail: `${error.problem.detail} Not committed: ${namedPaths(paths)}.`,
  });
}

/** @returns paths for a sentence, the first of them by name */
export function namedPaths(paths: readonly string[]): string {
  const more = paths.length > MOST_NAMED ? ` and ${paths.length - MOST_NAMED} more` : '';
  return `${paths.slice(0, MOST_NAMED).join(', ')}${more}`;
}
