import type { PipelineVersion } from '#shared/contracts/records/pipeline-version.ts';
import type { EnvironmentUse } from '#shared/domain/azure-ml/draft/drafts.ts';
import { environmentBody } from '#shared/domain/azure-ml/render/run-bodies.ts';
import { digestOf, NAME_DIGITS } from '#shared/domain/digest.ts';
import { readDockerfile } from '#shared/domain/stage-profile/dockerfile-images.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { inParallel } from '../../in-parallel.ts';
import { readFileByDigest } from '../../pipelines/pipeline-store.ts';
import { staged } from './stage.ts';

/** Files uploaded at a time. */
const PARALLEL = 8;

/**
 * Uploads a code folder of a pipeline version, once, and registers it as a code version; both are named by content.
 *
 * @param folder - key in the definition's `folders`
 * @returns ARM id of the code version
 */
export async function registerCode(
  deps: ActivityDependencies,
  version: PipelineVersion,
  folder: string,
): Promise<string> {
  const { uri, digest } = await uploadFolder(deps, version, folder);
  const name = `${version.name}-code`;
  const label = digest.slice(0, NAME_DIGITS);
  await deps.ml.putAssetVersion('codes', name, label, {
    properties: {
      codeUri: uri,
      description: `Folder ${folder} of pipeline ${version.name}.`,
      tags: { 'whence.owner': `code:${digest}` },
    },
  });
  return deps.ml.assetId('codes', name, label);
}

/**
 * Registers the environment of a job or deployment, if it came with the pipeline.
 *
 * @returns ARM id or reference of the environment version
 */
export async function registerEnvironment(
  deps: ActivityDependencies,
  version: PipelineVersion,
  use: EnvironmentUse,
): Promise<string> {
  if (use.kind === 'reference') return environmentReference(deps, use.reference);
  const { environment } = use;
  const context = environment.build?.context;
  const uploaded = context === undefined ? undefined : await uploadFolder(deps, version, context);
  const digest = digestOf({ environment, context: uploaded?.digest ?? null });
  const name = environment.name ?? `${version.name}-environment`;
  const label = digest.slice(0, NAME_DIGITS);
  for (const image of await baseImages(deps, version, use)) staged(deps, { image });
  const body = environmentBody(environment, uploaded?.uri, { 'whence.owner': `environment:${digest}` });
  await deps.ml.putAssetVersion('environments', name, label, staged(deps, body));
  return deps.ml.assetId('environments', name, label);
}

/** The images that a build folder brings in. */
async function baseImages(
  deps: ActivityDependencies,
  version: PipelineVersion,
  { environment: { build } }: Extract<EnvironmentUse, { kind: 'inline' }>,
): Promise<readonly string[]> {
  if (build === undefined || deps.profile.images === undefined) return [];
  const path = build.dockerfilePath ?? 'Dockerfile';
  const file = version.definition.folders[build.context]?.files.find((one) => one.path === path);
  if (file === undefined) throw new WhenceError('run.stage-refused', `The folder ${build.context} has no ${path}.`);
  const text = Buffer.from(await readFileByDigest(deps, file.sha256)).toString('utf8');
  const { images, problems } = readDockerfile(text);
  if (problems.length > 0)
    throw new WhenceError(
      'run.stage-refused',
      `It cannot be said which images ${build.context}/${path} uses, and the stage limits them. ${problems.join(' ')}`,
    );
  return images;
}

/** `name:version` names a version of the workspace; anything else is passed on as it is. */
function environmentReference(deps: ActivityDependencies, reference: string): string {
  const match = /^([\w.-]+):([\w.-]+)$/.exec(reference);
  return match === null ? reference : deps.ml.assetId('environments', match[1] ?? '', match[2] ?? '');
}

/** What was uploaded, and where to. */
interface UploadedFolder {
  readonly uri: string;
  /** Of the contents and their place: a version of an asset says both. */
  readonly digest: string;
}

/** Uploads a folder to where jobs and endpoints read, and only Whence adds: what is there is what was published. */
async function uploadFolder(
  deps: ActivityDependencies,
  version: PipelineVersion,
  folder: string,
): Promise<UploadedFolder> {
  const source = version.definition.folders[folder];
  if (source === undefined) throw new WhenceError('core.internal', `Pipeline ${version.name} has no folder ${folder}.`);
  const container = deps.config.WHENCE_CODE_CONTAINER;
  const prefix = source.digestSha256;
  await inParallel(PARALLEL, source.files, async (file) => {
    await deps.mlBlobs.putIfAbsent(
      container,
      `${prefix}/${file.path}`,
      await readFileByDigest(deps, file.sha256),
      'application/octet-stream',
    );
  });
  return {
    uri: `${deps.config.WHENCE_ML_BLOB_URL.replace(/\/$/, '')}/${container}/${prefix}`,
    digest: digestOf({ container, prefix }),
  };
}
