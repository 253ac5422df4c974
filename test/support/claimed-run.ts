import { startRunActivity } from '#functions/activities/run/start-run.ts';
import { appendRunEvent } from '#functions/run-store/run-store.ts';
import { claimTable, type ClaimRecord } from '#shared/contracts/records/claim.ts';
import type { RunHead } from '#shared/contracts/records/run.ts';
import { ApiLab } from '#test/api/lab.ts';
import type { Issuer } from '#test/api/issuer.ts';
import { folderOf, validFiles } from '#test/pipeline/valid-folder.ts';

import { demoRun } from './demo-run.ts';
import { storeVersion } from './store-version.ts';

/** A run of generation 7, and the token of the execution that owns it. */
export const owned = {
  run: { ...demoRun, generation: 7, manifestNumber: 7 },
  token: 'mine',
};
const { run, token } = owned;
const key = { partition: claimTable.partition, row: run.runKey };
const about = {
  schemaVersion: 1,
  pipeline: run.pipeline,
  generation: run.generation,
  manifestNumber: run.manifestNumber,
  runId: run.runId,
  contentKey: run.runKey,
} as const;

/**
 * The app in memory with that run under way, and an endpoint that serves with another deployment beside `gen-7`.
 *
 * @param serves - the deployment that serves
 * @param change - of the run's head
 * @param files - files of its pipeline that differ from those of a valid folder
 */
export async function labWithRun(
  issuer: Issuer,
  serves: string,
  change: (head: RunHead) => RunHead,
  files: Readonly<Record<string, string>> = {},
): Promise<ApiLab> {
  const lab = await ApiLab.open(issuer);
  const named = { 'pipeline.yaml': validFiles['pipeline.yaml']?.replace('name: wine', `name: ${run.pipeline}`) };
  await storeVersion(lab, run.pipelineVersion, folderOf({ ...named, ...files }));
  await lab.deps.records.insert<ClaimRecord>(claimTable.table, key, { ...about, state: 'claimed' });
  await startRunActivity(lab.deps, { ...owned, requests: [] });
  await appendRunEvent(
    lab.deps,
    run.runId,
    { key: 'changed', type: 'step.succeeded', summary: 'It came this far.', data: {} },
    change,
  );
  const { ml } = lab.deps;
  await ml.putEndpoint('demo-local', { properties: {} });
  await ml.putDeployment('demo-local', serves, {});
  await ml.putDeployment('demo-local', 'gen-7', {});
  await ml.putEndpoint('demo-local', { properties: { traffic: { [serves]: 100 } } });
  return lab;
}

/** Ends the claim, and nothing else, as the reconciler does it first. */
export async function endClaimOnly({ deps: { records } }: ApiLab): Promise<void> {
  const claim = await records.get(claimTable.table, key);
  const ended: ClaimRecord = { ...about, state: 'ended', token, status: 'failed', rejectedData: false };
  await records.replace(claimTable.table, key, ended, claim?.etag ?? '');
}

/** Calls an activity until it has done what it does; Azure ML takes its time. */
export async function untilDone(activity: () => Promise<{ readonly outcome: string }>): Promise<void> {
  for (let look = 0; look < 10; look += 1) if ((await activity()).outcome === 'done') return;
  throw new Error('It never ended.');
}
