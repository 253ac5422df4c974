import type { z } from 'zod';

import type { closeWindow, WindowReference } from '#shared/contracts/activities/data-window/window-activities.ts';
import type { DataWindow, StoredArrivalSet } from '#shared/contracts/records/data-window.ts';
import type { PipelineRecord } from '#shared/contracts/records/pipeline.ts';
import { BUSY_WAIT_MS, quietAtMs } from '#shared/domain/data-window/waiting.ts';

import { requirePipeline } from '../../pipelines/pipeline-store.ts';
import { listLanding } from './list-landing.ts';
import { openArrivals, openRequests } from './pending.ts';
import { isoNow, type ProtocolDependencies } from './protocol-dependencies.ts';
import { takeSlot } from './slot.ts';
import { writeStateFile } from '../../state-files.ts';
import { changeWindow, requireWindow } from './window-store.ts';

/** Requests that one window answers, the oldest ones; others are left to the next. */
const REQUESTS = 1_000;

type Output = z.input<typeof closeWindow.output>;

/**
 * Closes a window once data is quiet and the slot is its own. Order matters: close first, then read the pending
 * arrivals and requests, then list; so whoever found the window open is read, and everything read was there to list.
 *
 * @source design §4.2 to §4.4
 */
export async function closeWindowActivity(
  deps: ProtocolDependencies,
  { pipeline, generation }: WindowReference,
): Promise<Output> {
  const { window } = await requireWindow(deps, pipeline, generation);
  if (window.state === 'done') return { outcome: 'done' };
  if (window.state === 'open') {
    const { record } = await requirePipeline(deps.records, pipeline);
    const reason = (await whyNotYet(deps, record, window)) ?? (await close(deps, record, window));
    if (reason !== undefined) return reason;
  }
  await pin(deps, pipeline, generation);
  return { outcome: 'next' };
}

/** Closes the window, unless it was touched since it was read. */
async function close(
  deps: ProtocolDependencies,
  { name }: PipelineRecord,
  { generation, lastTouchAt }: DataWindow,
): Promise<Output | undefined> {
  const after = await changeWindow(deps, name, generation, (now) =>
    now.state === 'open' && now.lastTouchAt === lastTouchAt
      ? { ...now, state: 'closed', closedAt: isoNow(deps) }
      : undefined,
  );
  return after.state === 'open' ? { outcome: 'wait', until: isoNow(deps), because: 'not-quiet' } : undefined;
}

async function whyNotYet(
  deps: ProtocolDependencies,
  pipeline: PipelineRecord,
  window: DataWindow,
): Promise<Output | undefined> {
  const nowMs = deps.clock.nowMs();
  const later = new Date(nowMs + BUSY_WAIT_MS).toISOString();
  if (pipeline.paused) return { outcome: 'wait', until: later, because: 'paused' };
  const listing = await listLanding(deps.data, pipeline.trigger.container, pipeline.trigger);
  const quietMs = quietAtMs({
    nowMs,
    openedMs: Date.parse(window.openedAt),
    lastTouchMs: Date.parse(window.lastTouchAt),
    youngestMs: listing.youngestMs,
    settleMs: pipeline.trigger.settleMs,
    maxWaitMs: pipeline.trigger.maxWaitMs,
  });
  if (quietMs > nowMs) return { outcome: 'wait', until: new Date(quietMs).toISOString(), because: 'not-quiet' };
  const slot = await takeSlot(deps, pipeline.name, window.generation);
  if (slot === 'busy') return { outcome: 'wait', until: later, because: 'slot-busy' };
  return slot === 'overtaken' ? { outcome: 'done' } : undefined;
}

/** Stores what is pending and what is there, by reference; first writer wins, and later steps read only this. */
async function pin(deps: ProtocolDependencies, pipeline: string, generation: number): Promise<void> {
  const { window } = await requireWindow(deps, pipeline, generation);
  if (window.arrivalSet !== undefined) return;
  const arrivals = await openArrivals(deps, pipeline);
  const requests = (await openRequests(deps, pipeline))
    .toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
    .slice(0, REQUESTS);
  // After the requests: publishing makes a version active first and asks for a run second.
  const { trigger, activeVersion } = (await requirePipeline(deps.records, pipeline)).record;
  const set: StoredArrivalSet = {
    schemaVersion: 1,
    arrivals: arrivals.map(({ key, arrival }) => ({ key, path: arrival.path, etag: arrival.etag })),
    requests: requests.map(({ requestId, kind, createdAt }) => ({ requestId, kind, createdAt })),
  };
  const { digest, youngestMs: _youngest, ...listing } = await listLanding(deps.data, trigger.container, trigger);
  const arrivalSet = await writeStateFile(deps, 'arrival-sets', set);
  const reference = await writeStateFile(deps, 'listings', listing);
  await changeWindow(deps, pipeline, generation, (now) =>
    now.arrivalSet === undefined
      ? { ...now, arrivalSet, listings: [reference], listingDigest: digest, pipelineVersion: activeVersion }
      : undefined,
  );
}
