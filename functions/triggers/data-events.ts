import type { Config } from '#shared/config/settings.ts';
import { blobCreated, type BlobCreated } from '#shared/contracts/events/blob-created.ts';
import { blobOfEvent, type EventBlob } from '#shared/domain/data-window/blob-of-event.ts';
import { matchesGlob, parseGlob } from '#shared/domain/data-window/path-glob.ts';
import { limits } from '#shared/domain/limits.ts';
import { isWhenceError } from '#shared/errors/whence-error.ts';
import { runTrace } from '#shared/telemetry/run-trace.ts';

import { judge, NOBODY, recordArrival } from '../activities/data-window/pending.ts';
import { isoNow, type ProtocolDependencies } from '../activities/data-window/protocol-dependencies.ts';
import { touch } from '../activities/data-window/touch.ts';
import type { Dependencies } from '../dependencies.ts';
import { listPipelines } from '../pipelines/pipeline-store.ts';
import { quarantine, type ReceivedMessage } from './quarantine.ts';

/** Pause before a passing fault is tried again inside the handler; doubled each time. */
const FIRST_PAUSE_MS = 500;
/** Longest such pause. */
const LONGEST_PAUSE_MS = 15_000;

/** What handling an event needs of the outside. */
type EventDependencies = ProtocolDependencies &
  Pick<Dependencies, 'bus' | 'telemetry'> & { readonly config: Pick<Config, 'WHENCE_DATA_ACCOUNT_ID'> };

/** What became of a message. */
export type EventOutcome = 'arrived' | 'known' | 'unmatched' | 'ignored' | 'quarantined';

/**
 * Handles one message of the queue `data-events`. The event only says "look": the arrival is recorded, the windows of
 * the pipelines that want the blob are touched, and nothing of the event is trusted beyond that.
 *
 * A malformed message goes to quarantine and is completed. A passing fault is tried again here, within the message's
 * lock, before it is thrown and the queue delivers again.
 */
export async function handleDataEvent(
  deps: EventDependencies,
  message: ReceivedMessage,
  pause: (ms: number) => Promise<void> = sleep,
): Promise<EventOutcome> {
  const read = readEvent(deps, message);
  if ('problem' in read) return quarantine(deps, 'data-events', message, read.problem);
  if (isIncomplete(read.event)) return 'ignored';
  const endMs = deps.clock.nowMs() + limits.messageHandlingMs;
  for (let delayMs = FIRST_PAUSE_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_PAUSE_MS)) {
    try {
      return await record(deps, read.blob);
    } catch (error) {
      const isPassing = isWhenceError(error) && error.isTransient;
      if (!isPassing || deps.clock.nowMs() + delayMs > endMs) throw error;
      await pause(delayMs);
    }
  }
}

function readEvent(
  deps: EventDependencies,
  message: ReceivedMessage,
): { readonly event: BlobCreated; readonly blob: EventBlob } | { readonly problem: string } {
  const body: unknown = Array.isArray(message.body) && message.body.length === 1 ? message.body[0] : message.body;
  const parsed = blobCreated.safeParse(body);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
    return { problem: `not a CloudEvents 1.0 BlobCreated event: ${problems.join('; ')}` };
  }
  const event = parsed.data;
  const found = blobOfEvent(
    { source: event.source, url: event.data.url, eTag: event.data.eTag },
    { accountId: deps.config.WHENCE_DATA_ACCOUNT_ID },
  );
  if ('problem' in found) return found;
  if (found.blob.container !== deps.config.WHENCE_LANDING_CONTAINER)
    return {
      problem: `the event is about container ${found.blob.container}, not ${deps.config.WHENCE_LANDING_CONTAINER}`,
    };
  return { event, blob: found.blob };
}

/** On a hierarchical account `CreateFile` comes first, with no bytes yet; `FlushWithClose` follows. */
function isIncomplete({ data }: BlobCreated): boolean {
  return data.api === 'CreateFile' && (data.contentLength ?? 0) === 0;
}

async function record(deps: EventDependencies, blob: EventBlob): Promise<EventOutcome> {
  const wanting = (await listPipelines(deps.records)).filter(
    (pipeline) => pipeline.trigger.container === blob.container && isWanted(pipeline.trigger.path, blob.path),
  );
  if (wanting.length === 0) {
    const now = isoNow(deps);
    await judge(deps, NOBODY, {
      schemaVersion: 1,
      path: blob.path,
      etag: blob.etag,
      seenAt: now,
      outcome: 'unmatched',
      judgedAt: now,
    });
    return 'unmatched';
  }
  const startedAt = isoNow(deps);
  let outcome: EventOutcome = 'known';
  for (const pipeline of wanting) {
    if ((await recordArrival(deps, pipeline.name, blob.path, blob.etag)) === 'known') continue;
    const trace = runTrace({ pipeline: pipeline.name, generation: await touch(deps, pipeline) });
    const facts = { pipeline: pipeline.name, path: blob.path };
    deps.telemetry.finished({
      name: 'receive data-events',
      parent: trace,
      startedAt,
      endedAt: isoNow(deps),
      failed: false,
      facts,
    });
    deps.telemetry.log('arrival.recorded', facts, trace);
    outcome = 'arrived';
  }
  return outcome;
}

/** A glob that this release does not serve wants nothing here: the reconciler says so, and other pipelines go on. */
function isWanted(glob: string, path: string): boolean {
  const parsed = parseGlob(glob);
  return 'glob' in parsed && matchesGlob(parsed.glob, path);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
