import type { DoneOrEnded, OwnedRun } from '#shared/contracts/activities/run/run-activities.ts';
import type { DataInspection, Finding } from '#shared/contracts/data-inspection.ts';
import type { Manifest } from '#shared/contracts/records/manifest.ts';
import { canonicalJson } from '#shared/domain/canonical-json.ts';
import { isWhenceError, toFailure, WhenceError } from '#shared/errors/whence-error.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { readPipelineVersion } from '../../pipelines/pipeline-store.ts';
import { readContract } from '../../pipelines/read-contract.ts';
import { readManifest } from '../data-window/read-manifest.ts';
import { rejectBlobs } from '../data-window/reject-blobs.ts';
import { inspectionReference, readInspection } from './data-inspections.ts';
import { inStep, type StepDone, type StepEnded } from './step.ts';

/** Findings that go into the run's events; all of them are in the stored inspection. */
const SHOWN = 20;

/** Checks the data version against its contract; blob versions that break it are rejected. */
export function validateDataActivity(deps: ActivityDependencies, owned: OwnedRun): Promise<DoneOrEnded> {
  const { run } = owned;
  return inStep(deps, owned, 'validate', 'Checking the data against its contract.', async () => {
    const version = await readPipelineVersion(deps, run.pipeline, run.pipelineVersion);
    const { contract, bytes } = await readContract(deps, version);
    const manifest = await readManifest(deps, run.pipeline, run.manifestNumber);
    const reference = inspectionReference(run, bytes);
    try {
      const inspection = await inspectOnce(deps, reference, () =>
        deps.inspector.inspect({
          contract,
          sealedAt: manifest.sealedAt,
          files: manifest.contents.map((blob) => ({
            ...blob,
            open: () => openCopy(deps, run.manifestDigest, blob.path),
          })),
        }),
      );
      return await judge(deps, owned, manifest, inspection, reference);
    } catch (error) {
      if (isWhenceError(error) && error.code === 'data-contract.too-large')
        return { status: 'failed', failure: toFailure(error) };
      throw error;
    }
  });
}

/** The inspection of a manifest by a contract is stored once; a repetition reads it. */
async function inspectOnce(
  deps: ActivityDependencies,
  reference: string,
  inspect: () => Promise<DataInspection>,
): Promise<DataInspection> {
  const stored = await readInspection(deps, reference);
  if (stored !== undefined) return stored;
  const inspection = await inspect();
  const bytes = Buffer.from(canonicalJson(inspection));
  await deps.state.putIfAbsent(deps.config.WHENCE_STATE_CONTAINER, reference, bytes, 'application/json');
  return inspection;
}

async function judge(
  deps: ActivityDependencies,
  owned: OwnedRun,
  manifest: Manifest,
  inspection: DataInspection,
  reference: string,
): Promise<StepDone | StepEnded> {
  const { findings, profile } = inspection;
  const data = { reference, rows: profile.rows, findings: findings.length };
  if (findings.length === 0) return { summary: `${profile.rows} rows keep the contract.`, data };
  const broken = manifest.contents.filter((blob) => findings.some((one) => one.file === blob.path));
  const rejected = await rejectBlobs(deps, {
    pipeline: owned.run.pipeline,
    runKey: owned.run.runKey,
    token: owned.token,
    blobs: broken.map((blob) => ({
      path: blob.path,
      sha256: blob.sha256,
      findings: findings.filter((one) => one.file === blob.path).map((one) => one.message),
    })),
  });
  const admitted = broken.map((blob) => blob.path).filter((path) => !rejected.includes(path));
  const counted = findings.filter((one) => one.file === undefined || rejected.includes(one.file));
  if (counted.length === 0)
    return { summary: `${profile.rows} rows; admitted in spite of findings: ${admitted.join(', ')}.`, data };
  const shown = counted.slice(0, SHOWN);
  const what = rejected.length === 0 ? '' : ` Rejected: ${rejected.join(', ')}.`;
  return {
    status: 'refused',
    failure: {
      code: 'run.data-rejected',
      message: `${shown.map(sentence).join(' ')}${what}`.slice(0, 4_000),
      details: { ...data, rejected: rejected.slice(0, SHOWN), rejectedBlobs: rejected.length, findings: shown },
    },
  };
}

function sentence(finding: Finding): string {
  return finding.file === undefined ? finding.message : `${finding.file}: ${finding.message}`;
}

async function openCopy(
  deps: ActivityDependencies,
  manifestDigest: string,
  path: string,
): Promise<AsyncIterable<Uint8Array>> {
  const stream = await deps.data.read(deps.config.WHENCE_VERSIONS_CONTAINER, `${manifestDigest}/${path}`);
  if (typeof stream === 'string')
    throw new WhenceError('storage.unavailable', `The copy of ${path} in data version ${manifestDigest} is ${stream}.`);
  return stream;
}
