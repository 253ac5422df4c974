import type { Config } from '#shared/config/settings.ts';
import type { BlobStore } from '#shared/ports/blob-store.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Ids } from '#shared/ports/ids.ts';
import type { OrchestrationClient } from '#shared/ports/orchestration-client.ts';
import type { RecordStore } from '#shared/ports/record-store.ts';

/** What the protocol from arrival to run needs of the outside. */
export interface ProtocolDependencies {
  readonly records: RecordStore;
  /** Landing and versions containers. */
  readonly data: BlobStore;
  /** State container. */
  readonly state: BlobStore;
  readonly client: OrchestrationClient;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly config: Pick<Config, 'WHENCE_LANDING_CONTAINER' | 'WHENCE_VERSIONS_CONTAINER' | 'WHENCE_STATE_CONTAINER'>;
}

/** @returns the time of the clock, ISO 8601 UTC */
export function isoNow(deps: Pick<ProtocolDependencies, 'clock'>): string {
  return new Date(deps.clock.nowMs()).toISOString();
}
