import { pipelineRoutes } from '#shared/contracts/api/pipeline-routes.ts';
import { checkPipelineFolder } from '#shared/contracts/pipeline-definition.ts';

import { CliError } from '../cli-error.ts';
import type { ApiClient } from '../client/api-client.ts';
import { readCiToken } from './ci-token.ts';
import { collectFolder } from './collect.ts';

/** What was published. */
export interface PublishedFolder {
  readonly pipeline: string;
  readonly version: string;
  readonly commit: string;
  readonly trust: string;
  /** Files that the server did not have. */
  readonly uploaded: number;
}

/**
 * Publishes a pipeline folder: checks it here first, uploads what the server lacks, and asks for a version.
 *
 * @param folder - folder of the pipeline in a git work tree
 */
export async function publishFolder(api: ApiClient, folder: string): Promise<PublishedFolder> {
  const { files, request } = await collectFolder(folder);
  const checked = checkPipelineFolder(files);
  if (checked.problems !== undefined)
    throw new CliError(
      `The pipeline has ${checked.problems.length} mistakes.`,
      `\`whence pipeline check ${folder}\` shows each with its line.`,
    );
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
  const { version, commit, trust } = await api.call(pipelineRoutes.publishPipeline, {
    params: { pipeline },
    body: ciToken === undefined ? request : { ...request, ciToken },
  });
  return { pipeline, version, commit, trust, uploaded: missing.length };
}
