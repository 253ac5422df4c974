import {
  pipelineVersion,
  pipelineVersionRecord,
  pipelineVersionTable,
  type PipelineVersion,
  type PipelineVersionRecord,
} from '#shared/contracts/records/pipeline-version.ts';
import { pipelineRecord, pipelineTable, type PipelineRecord } from '#shared/contracts/records/pipeline.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { RecordStore } from '#shared/ports/record-store.ts';

import type { Dependencies } from '../dependencies.ts';
import { readAll } from '../read-all.ts';
import { findStateFile } from '../state-files.ts';

type StoreDependencies = Pick<Dependencies, 'config' | 'state'>;

/** Versions that were read already: they never change. */
const cache = new Map<string, Promise<PipelineVersion>>();
/** Versions kept. */
const CACHED = 50;

/** @returns the path of a version in the state container */
export function versionPath(name: string, version: string): string {
  return `pipeline-versions/${name}/${version}.json`;
}

/** @returns the path of a file of any version in the state container */
export function filePath(sha256: string): string {
  return `pipeline-files/${sha256}`;
}

/**
 * @returns a published version
 * @throws {WhenceError} `pipeline.version-unknown`
 */
export function readPipelineVersion(deps: StoreDependencies, name: string, version: string): Promise<PipelineVersion> {
  const key = versionPath(name, version);
  const known = cache.get(key);
  if (known !== undefined) return known;
  const reading = load(deps, name, version);
  cache.set(key, reading);
  reading.catch(() => cache.delete(key));
  const oldest = cache.keys().next().value;
  if (cache.size > CACHED && oldest !== undefined) cache.delete(oldest);
  return reading;
}

async function load(deps: StoreDependencies, name: string, version: string): Promise<PipelineVersion> {
  const found = await findStateFile(deps, versionPath(name, version), pipelineVersion);
  if (found === undefined) throw versionUnknown(name, version);
  return found;
}

/**
 * @param path - path of a file, from the pipeline's folder
 * @returns its bytes
 */
export async function readPipelineFile(
  deps: StoreDependencies,
  version: PipelineVersion,
  path: string,
): Promise<Uint8Array> {
  const file = version.files.find((one) => one.path === path);
  if (file === undefined)
    throw new WhenceError('core.internal', `Version ${version.version} of ${version.name} has no file ${path}.`);
  return readFileByDigest(deps, file.sha256);
}

/** @returns the bytes of a file of any version */
export async function readFileByDigest(deps: StoreDependencies, sha256: string): Promise<Uint8Array> {
  const stream = await deps.state.read(deps.config.WHENCE_STATE_CONTAINER, filePath(sha256));
  if (typeof stream === 'string') throw new WhenceError('core.internal', `The pipeline file ${sha256} is ${stream}.`);
  return readAll(stream);
}

/**
 * @returns where a published version comes from
 * @throws {WhenceError} `pipeline.version-unknown`
 */
export async function readPublication(
  records: RecordStore,
  name: string,
  version: string,
): Promise<PipelineVersionRecord> {
  const stored = await records.get(pipelineVersionTable, { partition: name, row: version });
  if (stored === undefined) throw versionUnknown(name, version);
  return pipelineVersionRecord.parse(stored.value);
}

function versionUnknown(pipeline: string, version: string): WhenceError {
  return new WhenceError('pipeline.version-unknown', `Pipeline ${pipeline} has no version ${version}.`, {
    details: { pipeline, version },
  });
}

/** A pipeline's record and its ETag. */
export interface ReadPipeline {
  readonly record: PipelineRecord;
  readonly etag: string;
}

/** @returns the record of a pipeline, or undefined */
export async function findPipeline(records: RecordStore, name: string): Promise<ReadPipeline | undefined> {
  const stored = await records.get(pipelineTable.table, { partition: pipelineTable.partition, row: name });
  return stored === undefined ? undefined : { record: pipelineRecord.parse(stored.value), etag: stored.etag };
}

/**
 * @returns the record of a pipeline
 * @throws {WhenceError} `pipeline.unknown`
 */
export async function requirePipeline(records: RecordStore, name: string): Promise<ReadPipeline> {
  const found = await findPipeline(records, name);
  if (found === undefined)
    throw new WhenceError('pipeline.unknown', `There is no pipeline ${name}.`, { details: { pipeline: name } });
  return found;
}

/** @returns all pipelines, by name */
export async function listPipelines(
  records: RecordStore,
  onUnreadable: (name: string, why: string) => void = () => undefined,
): Promise<readonly PipelineRecord[]> {
  const found: PipelineRecord[] = [];
  let after: string | undefined;
  do {
    const page = await records.query(
      pipelineTable.table,
      pipelineTable.partition,
      after === undefined ? {} : { after },
    );
    for (const { row, value } of page.records) {
      const parsed = pipelineRecord.safeParse(value);
      if (parsed.success) found.push(parsed.data);
      else
        onUnreadable(row, parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
    }
    after = page.next;
  } while (after !== undefined);
  return found;
}
