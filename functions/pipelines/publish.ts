import { checkPipelineFolder, type PipelineDefinition } from '#shared/contracts/pipeline-definition.ts';
import { versionDigest, type PublishRequest } from '#shared/contracts/publishing.ts';
import {
  pipelineVersionRecord,
  pipelineVersionTable,
  trustLevels,
  type PipelineVersion,
  type PipelineVersionRecord,
  type TrustLevel,
} from '#shared/contracts/records/pipeline-version.ts';
import { pipelineRecord, pipelineTable, type PipelineRecord } from '#shared/contracts/records/pipeline.ts';
import { canonicalJson } from '#shared/domain/canonical-json.ts';
import { digestOf, shortDigestOf } from '#shared/domain/digest.ts';
import { limits } from '#shared/domain/limits.ts';
import { gitObjectId } from '#shared/domain/publishing/git-objects.ts';
import { whyNotCommitted } from '#shared/domain/publishing/verify-commit.ts';
import { isWhenceError, WhenceError } from '#shared/errors/whence-error.ts';

import { createRequest } from '../activities/data-window/pending.ts';
import { touch } from '../activities/data-window/touch.ts';
import type { ApiDependencies } from '../api/route-handler.ts';
import { inParallel } from '../in-parallel.ts';
import { filePath, findPipeline, listPipelines, readFileByDigest, versionPath } from './pipeline-store.ts';
import { verifyCiToken } from './verify-ci-token.ts';

/** Files read at a time. */
const PARALLEL = 8;
/** How often a lost race for the pipeline's record is tried again. */
const ATTEMPTS = 20;

/** What a publication came to. */
export interface Published {
  readonly record: PipelineVersionRecord;
  /** Request for a run, unless this version was active already. */
  readonly requestId: string | undefined;
}

/**
 * Publishes a version: checks the folder, recomputes its git tree, decides how far the commit can be trusted, stores the
 * version and makes it active.
 *
 * @throws {WhenceError} `pipeline.invalid`, `pipeline.container-unknown`, `pipeline.file-missing`,
 *   `pipeline.commit-mismatch`, `pipeline.ci-token-refused`, `pipeline.not-accepted`
 */
export async function publish(
  deps: ApiDependencies,
  name: string,
  request: PublishRequest,
  by: string,
): Promise<Published> {
  const files = await readFiles(deps, request);
  const { definition, derived } = checked(name, files, deps.config.WHENCE_LANDING_CONTAINER);
  const trust = await trustOf(deps, request, files).catch((error: unknown) => {
    if (isWhenceError(error) && error.code === 'pipeline.ci-token-refused')
      deps.telemetry.log('publication.refused', { pipeline: name, publishedBy: by, message: error.message });
    throw error;
  });
  if (!deps.profile.accepts.includes(trust)) {
    throw new WhenceError(
      'pipeline.not-accepted',
      `This stage accepts versions that are ${deps.profile.accepts.join(' or ')}; this one is ${trust}.`,
      { details: { trust, accepts: deps.profile.accepts } },
    );
  }
  await refuseSharedEndpoint(deps, name);
  const version = versionDigest(name, request.files);
  await inParallel(PARALLEL, [...derived], ([sha256, bytes]) =>
    deps.state.putIfAbsent(
      deps.config.WHENCE_STATE_CONTAINER,
      filePath(sha256),
      Buffer.from(bytes),
      'application/octet-stream',
    ),
  );
  const stored: PipelineVersion = {
    schemaVersion: 1,
    name,
    version,
    definition,
    files: request.files.map((file) => ({ ...file, sizeBytes: files.get(file.path)?.length ?? 0 })),
  };
  await deps.state.putIfAbsent(
    deps.config.WHENCE_STATE_CONTAINER,
    versionPath(name, version),
    Buffer.from(canonicalJson(stored)),
    'application/json',
  );
  const record = await recordVersion(deps, { ...originOf(request), name, version, trust, publishedBy: by });
  const requestId = await activate(deps, definition, version, by);
  return { record, requestId };
}

/** Endpoints are named after pipelines and shortened, so two names can come to one: their deployments would be mixed up. */
async function refuseSharedEndpoint(deps: ApiDependencies, name: string): Promise<void> {
  const endpoint = deps.endpointName(name);
  const other = (await listPipelines(deps.records)).find((one) => one.endpoint === endpoint && one.name !== name);
  if (other === undefined) return;
  throw new WhenceError('pipeline.endpoint-taken', `Endpoint ${endpoint} is of pipeline ${other.name}.`, {
    details: { endpoint, pipeline: other.name },
  });
}

async function readFiles(deps: ApiDependencies, request: PublishRequest): Promise<ReadonlyMap<string, Uint8Array>> {
  const missing: string[] = [];
  const sizes = await inParallel(PARALLEL, request.files, async (file) => {
    const head = await deps.state.head(deps.config.WHENCE_STATE_CONTAINER, filePath(file.sha256));
    if (head === undefined) missing.push(file.path);
    return head?.sizeBytes ?? 0;
  });
  if (missing.length > 0)
    throw new WhenceError(
      'pipeline.file-missing',
      `These files were not uploaded: ${missing.slice(0, 10).join(', ')}.`,
      { details: { missing } },
    );
  // Before anything is read: a small request can name a large file many times.
  const total = sizes.reduce((sum, one) => sum + one, 0);
  if (total > limits.pipelineBytes)
    throw new WhenceError('core.limit-exceeded', `The version has ${total} bytes, more than ${limits.pipelineBytes}.`, {
      details: { limitBytes: limits.pipelineBytes },
    });
  const digests = [...new Set(request.files.map(({ sha256 }) => sha256))];
  const contents = await inParallel(PARALLEL, digests, (digest) => readFileByDigest(deps, digest));
  const byDigest = new Map(digests.map((digest, at) => [digest, contents[at] ?? new Uint8Array()]));
  return new Map(request.files.map(({ path, sha256 }) => [path, byDigest.get(sha256) ?? new Uint8Array()]));
}

function checked(
  name: string,
  files: ReadonlyMap<string, Uint8Array>,
  landing: string,
): { readonly definition: PipelineDefinition; readonly derived: ReadonlyMap<string, Uint8Array> } {
  const result = checkPipelineFolder(files);
  if (result.problems !== undefined)
    throw new WhenceError('pipeline.invalid', `The folder has ${result.problems.length} mistakes.`, {
      details: { problems: result.problems },
    });
  const { definition, derived } = result;
  if (definition.name !== name)
    throw new WhenceError(
      'pipeline.invalid',
      `pipeline.yaml names the pipeline ${definition.name}, and it is published as ${name}.`,
    );
  if (definition.trigger.container !== landing)
    throw new WhenceError(
      'pipeline.container-unknown',
      `trigger.data.container is ${definition.trigger.container}; on this stage data lands in ${landing}.`,
    );
  return { definition, derived };
}

/** @source design decision 17 */
async function trustOf(
  deps: ApiDependencies,
  { commit, files, ciToken }: PublishRequest,
  bytes: ReadonlyMap<string, Uint8Array>,
): Promise<TrustLevel> {
  if (commit.dirty) return 'unverified';
  const tree = files.map((file) => ({
    path: file.path,
    mode: file.mode,
    blobId: gitObjectId('blob', bytes.get(file.path) ?? new Uint8Array()),
  }));
  const shown = {
    id: commit.id,
    folder: commit.folder,
    object: Buffer.from(commit.object, 'base64'),
    trees: commit.trees.map((one) => Buffer.from(one, 'base64')),
  };
  const problem = whyNotCommitted(tree, shown);
  if (problem !== undefined) throw new WhenceError('pipeline.commit-mismatch', `Commit ${commit.id}: ${problem}.`);
  if (ciToken === undefined) return 'claimed';
  await verifyCiToken(deps.profile.ciIssuers, ciToken, commit.id);
  return 'verified';
}

function originOf({ commit: { id: commit, folder, remote, dirty } }: PublishRequest) {
  return { commit, folder, dirty, ...(remote === undefined ? {} : { remote }) };
}

/** The most trusted publication wins, of equals the first: what was published dirty can be committed later. */
async function recordVersion(
  deps: ApiDependencies,
  publication: Omit<PipelineVersionRecord, 'schemaVersion' | 'publishedAt'>,
): Promise<PipelineVersionRecord> {
  const publishedAt = new Date(deps.clock.nowMs()).toISOString();
  const record: PipelineVersionRecord = { schemaVersion: 1, ...publication, publishedAt };
  const key = { partition: record.name, row: record.version };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const outcome = await deps.records.insert(pipelineVersionTable, key, record);
    if (outcome.outcome === 'inserted') return record;
    const known = pipelineVersionRecord.parse(outcome.record.value);
    if (trustLevels.indexOf(known.trust) <= trustLevels.indexOf(record.trust)) return known;
    const raised = await deps.records.replace(pipelineVersionTable, key, record, outcome.record.etag);
    if (raised.outcome === 'replaced') return record;
  }
  throw new WhenceError('storage.unavailable', `The record of version ${record.version} changes too often.`);
}

/** Makes a version active. Publishing what is active already changes nothing. */
async function activate(
  deps: ApiDependencies,
  definition: PipelineDefinition,
  version: string,
  by: string,
): Promise<string | undefined> {
  const { name, trigger } = definition;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const before = await findPipeline(deps.records, name);
    if (before?.record.activeVersion === version) return undefined;
    const updatedAt = new Date(deps.clock.nowMs()).toISOString();
    const next = pipelineRecord.parse({
      ...before?.record,
      schemaVersion: 1,
      name,
      activeVersion: version,
      paused: before?.record.paused ?? false,
      trigger,
      endpoint: deps.endpointName(name),
      updatedAt,
      updatedBy: by,
    } satisfies PipelineRecord);
    const key = { partition: pipelineTable.partition, row: name };
    const written =
      before === undefined
        ? (await deps.records.insert(pipelineTable.table, key, next)).outcome === 'inserted'
        : (await deps.records.replace(pipelineTable.table, key, next, before.etag)).outcome === 'replaced';
    if (written) return askForRun(deps, next, by);
  }
  throw new WhenceError('storage.unavailable', `The record of pipeline ${name} changes too often.`);
}

async function askForRun(deps: ApiDependencies, pipeline: PipelineRecord, by: string): Promise<string> {
  const requestId = shortDigestOf({ publish: pipeline.activeVersion, at: pipeline.updatedAt });
  await createRequest(deps, pipeline.name, {
    requestId,
    kind: 'publish',
    by,
    bodyDigest: digestOf({ version: pipeline.activeVersion }),
  });
  await touch(deps, pipeline);
  return requestId;
}
