import { claimRun } from '#functions/activities/data-window/claim-run.ts';
import { endClaim } from '#functions/activities/data-window/end-claim.ts';
import { fence } from '#functions/activities/data-window/fence.ts';
import type { ProtocolDependencies } from '#functions/activities/data-window/protocol-dependencies.ts';
import { rejectBlobs } from '#functions/activities/data-window/reject-blobs.ts';
import { readManifest } from '#functions/activities/data-window/read-manifest.ts';
import { readAll } from '#functions/read-all.ts';
import { sha256 } from '#shared/domain/digest.ts';

import type { Activity, SimulatedContext } from './engine.ts';
import type { Actor } from './scheduler.ts';

/** Who runs what. */
export interface SimulatedRun {
  readonly runKey: string;
  readonly token: string;
  readonly pipeline: string;
  readonly manifestNumber: number;
}

/** Names of the activities of {@link simulatedRun}. */
export type RunActivity = 'startRun' | 'validate' | 'train' | 'finishRun';

/**
 * A run as far as the protocol is concerned: claim, reject what is bad, one effect, end. The real one has more steps
 * of the same two kinds, and the same beginning and end.
 */
export function* simulatedRun(context: SimulatedContext): Generator<unknown, unknown, unknown> {
  const df = context.df as unknown as {
    readonly instanceId: string;
    getInput(): SimulatedRun;
    newGuid(name: string): string;
    callActivityWithRetry(name: RunActivity, retry: undefined, input: object): unknown;
  };
  const { runKey, pipeline, manifestNumber } = df.getInput();
  const run: SimulatedRun = { runKey, pipeline, manifestNumber, token: df.newGuid(df.instanceId) };
  const call = (name: RunActivity, more: object = {}): unknown =>
    df.callActivityWithRetry(name, undefined, { ...run, ...more });
  const claimed = (yield call('startRun')) as { outcome: string };
  if (claimed.outcome !== 'mine') return claimed;
  let rejectedData = false;
  try {
    rejectedData = ((yield call('validate')) as { rejected: boolean }).rejected;
    if (!rejectedData) yield call('train');
  } catch {
    // As in the real run: whatever a step throws ends the run as failed.
  }
  yield call('finishRun', { rejectedData });
  return { outcome: 'done' };
}

/** What the simulation knows about runs. */
export interface RunWorld {
  depsFor(actor: Actor): ProtocolDependencies;
  /** Whether an execution owns its run at this moment. */
  owns(run: SimulatedRun): boolean;
  /** Does something that must happen for the owner only. */
  effect(actor: Actor, run: SimulatedRun, ownedAtStart: boolean): Promise<void>;
}

/** The activities, over the app's own claim, fence, rejection and end. */
export function runActivities(world: RunWorld): Readonly<Record<RunActivity, Activity>> {
  return {
    startRun: (actor, input) => claimRun(world.depsFor(actor), runOf(input)),
    validate: async (actor, input) => ({ rejected: await rejectBad(world.depsFor(actor), runOf(input)) }),
    train: async (actor, input) => {
      const run = runOf(input);
      const ownedAtStart = world.owns(run);
      if (await fence(world.depsFor(actor), run)) await world.effect(actor, run, ownedAtStart);
      return {};
    },
    finishRun: async (actor, input) => {
      const rejectedData = input['rejectedData'] === true;
      await endClaim(world.depsFor(actor), { ...runOf(input), status: 'succeeded', rejectedData });
      return {};
    },
  };
}

function runOf(input: Readonly<Record<string, unknown>>): SimulatedRun {
  return input as unknown as SimulatedRun;
}

/** Reads the data version that the run is about, as a job would, and rejects what is bad. */
async function rejectBad(deps: ProtocolDependencies, run: SimulatedRun): Promise<boolean> {
  const manifest = await readManifest(deps, run.pipeline, run.manifestNumber);
  const bad: { path: string; sha256: string; findings: string[] }[] = [];
  for (const blob of manifest.contents) {
    const stream = await deps.data.read(deps.config.WHENCE_VERSIONS_CONTAINER, `${manifest.digest}/${blob.path}`);
    if (typeof stream === 'string') throw new Error(`A data version lacks ${blob.path}.`);
    const bytes = await readAll(stream);
    if (sha256(bytes) !== blob.sha256) throw new Error(`A data version holds other bytes as ${blob.path}.`);
    if (bytes.toString() === 'bad') bad.push({ path: blob.path, sha256: blob.sha256, findings: ['it is bad'] });
  }
  return bad.length > 0 && (await rejectBlobs(deps, { ...run, blobs: bad })).length > 0;
}
