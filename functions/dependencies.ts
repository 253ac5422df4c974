import type { Config } from '#shared/config/settings.ts';
import type { StageProfile } from '#shared/contracts/stage-profile.ts';
import type { BlobStore } from '#shared/ports/blob-store.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { DataInspector } from '#shared/ports/data-inspector.ts';
import type { Ids } from '#shared/ports/ids.ts';
import type { MessageBus } from '#shared/ports/message-bus.ts';
import type { MlPlatform } from '#shared/ports/ml-platform.ts';
import type { NameResolver } from '#shared/ports/name-resolver.ts';
import type { WhoAmI } from '#shared/ports/own-identity.ts';
import type { RecordStore } from '#shared/ports/record-store.ts';
import type { Telemetry } from '#shared/telemetry/telemetry.ts';

/** Everything outside that activities, triggers and the API use. Made once in `main.ts`. */
export interface Dependencies {
  readonly config: Config;
  /** What the platform team decided for this stage. */
  readonly profile: StageProfile;
  /** Endpoint of a pipeline on this stage. */
  readonly endpointName: (pipeline: string) => string;
  readonly records: RecordStore;
  /** Landing and versions containers. */
  readonly data: BlobStore;
  /** State container. */
  readonly state: BlobStore;
  /** Default storage account of the Azure ML workspace. */
  readonly mlBlobs: BlobStore;
  readonly bus: MessageBus;
  readonly ml: MlPlatform;
  readonly inspector: DataInspector;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly telemetry: Telemetry;
  readonly resolver: NameResolver;
  readonly whoAmI: WhoAmI;
}
