import { readManifest } from '#functions/activities/data-window/read-manifest.ts';
import { arrivalTable, judgedArrival } from '#shared/contracts/records/arrival.ts';
import type { ClaimRecord } from '#shared/contracts/records/claim.ts';
import { pipelineTable } from '#shared/contracts/records/pipeline.ts';
import { rejectionTable } from '#shared/contracts/records/rejection.ts';
import { requestTable } from '#shared/contracts/records/request.ts';
import { arrivalKey, rejectionKey } from '#shared/domain/data-window/keys.ts';
import { sha256 } from '#shared/domain/digest.ts';

import type { Written } from './landing.ts';
import { PIPELINE, type Simulation } from './simulation.ts';

/**
 * Checks what must be true once nothing happens any more: every arrival and request has its outcome and the outcome is
 * the truth, every window and run has ended, and the newest run is over what is there now, by the active version.
 * Violations go to the schedule's oracle.
 */
export async function checkAtRest(simulation: Simulation): Promise<void> {
  const { oracle, records } = simulation;
  for (const window of oracle.windows.values())
    if (window.state !== 'done') oracle.broken(`data window ${window.generation} waits for ever, ${window.state}`);
  if (oracle.slot.owner !== undefined) oracle.broken(`the slot stays with data window ${oracle.slot.owner}`);
  for (const claim of oracle.claims.values())
    if (claim.state !== 'ended') oracle.broken(`a run of data window ${claim.generation} never ended`);
  for (const [table, what] of [
    [arrivalTable, 'an arrival'],
    [requestTable, 'a request'],
  ] as const) {
    const open = await records.query(table, PIPELINE, { from: 'open-', to: 'open-~' });
    if (open.records.length > 0) oracle.broken(`${what} got no outcome`);
  }
  for (const blob of simulation.landing.written) if (blob.isAnnounced) await checkArrival(simulation, blob);
  for (const id of simulation.accepted)
    if ((await records.get(requestTable, { partition: PIPELINE, row: `resolved-${id}` })) === undefined)
      oracle.broken(`request ${id} was accepted and has no answer`);
  await checkNewest(simulation);
  checkReturns(simulation);
}

/** The outcome of an arrival is there and is true. */
async function checkArrival(simulation: Simulation, blob: Written): Promise<void> {
  const { oracle, records } = simulation;
  const row = `judged-${arrivalKey(blob.path, blob.etag)}`;
  const name = `the arrival ${blob.path} ${blob.etag}`;
  const stored = await records.get(arrivalTable, { partition: blob.isWanted ? PIPELINE : '-', row });
  if (stored === undefined) return oracle.broken(`${name} got no outcome`);
  const { outcome, manifestNumber } = judgedArrival.parse(stored.value);
  switch (outcome) {
    case 'sealed': {
      const manifest = await readManifest(simulation, PIPELINE, manifestNumber ?? 0);
      const isThere =
        manifest.locators.some(({ path, etag }) => path === blob.path && etag === blob.etag) &&
        manifest.contents.some((one) => one.path === blob.path && one.sha256 === sha256(blob.content));
      if (!isThere) oracle.broken(`${name} is said to be sealed and is not`);
      return;
    }
    case 'superseded':
      if (blob.replaced === undefined) oracle.broken(`${name} is said to be superseded and is the newest`);
      return;
    case 'gone':
      if (blob.replaced === undefined) oracle.broken(`${name} is said to be gone and is there`);
      return;
    case 'rejected':
      if (blob.content !== 'bad') oracle.broken(`${name} is said to be rejected and is good`);
      return;
    case 'unmatched':
      if (blob.isWanted) oracle.broken(`${name} is said to be unmatched and is wanted`);
      return;
  }
}

/** Level-triggered: whatever events said, what is there was run, by the version that is active. */
async function checkNewest(simulation: Simulation): Promise<void> {
  const { oracle, records, landing } = simulation;
  const wanted: string[] = [];
  for (const { path, content } of landing.written.filter((blob) => blob.isWanted && blob.replaced === undefined)) {
    const key = rejectionKey(path, sha256(content));
    const rejection = await records.get(rejectionTable, { partition: PIPELINE, row: key });
    if (rejection?.value['state'] !== 'rejected') wanted.push(`${path} ${sha256(content)}`);
  }
  const newest = countedRuns(simulation).at(-1);
  if (wanted.length === 0) return;
  if (newest === undefined) return oracle.broken('there is data and nothing was run');
  const { contents } = await readManifest(simulation, PIPELINE, newest.manifestNumber);
  const ran = new Set(contents.map(({ path, sha256: digest }) => `${path} ${digest}`));
  for (const blob of wanted) if (!ran.has(blob)) oracle.broken(`the newest run is not over what is there: ${blob}`);
  const pipeline = await records.get(pipelineTable.table, { partition: pipelineTable.partition, row: PIPELINE });
  if (oracle.windows.get(newest.generation)?.pipelineVersion !== pipeline?.value['activeVersion'])
    oracle.broken('the newest run is not by the active version');
}

/** A run because data "went back" has another data version or pipeline version before it. */
function checkReturns(simulation: Simulation): void {
  const { oracle } = simulation;
  let before: string | undefined;
  for (const { generation } of countedRuns(simulation)) {
    const window = oracle.windows.get(generation);
    const about = `${window?.pipelineVersion} ${window?.manifestDigest}`;
    if (window?.occasion?.startsWith('return-') === true && about === before)
      oracle.broken(`data window ${generation} ran again although nothing had changed`);
    before = about;
  }
}

/** Runs in order, but for those that rejected their data. */
function countedRuns({ oracle }: Simulation): readonly ClaimRecord[] {
  return [...oracle.claims.values()]
    .filter((claim) => claim.state !== 'ended' || !claim.rejectedData)
    .sort((a, b) => a.generation - b.generation);
}
