import type { SettingName } from '#shared/config/settings.ts';

import { laptop, laptopContainers } from './laptop.ts';

/** Where the stand-ins listen, as the app needs to know it. */
export interface StandInAddresses {
  readonly blobHttpsUrl: string;
  readonly storageConnectionString: string;
  readonly serviceBusConnectionString: string;
  readonly azureMlUrl: string;
  readonly issuer: string;
  readonly identityEndpoint: string;
  readonly identityHeader: string;
  /** File for spans and logs. */
  readonly telemetryFile: string;
}

/** Hosts that no proxy may get between: the durable client would send its loopback calls there. */
const LOOPBACK_HOSTS = '127.0.0.1,localhost';

/**
 * The app settings of a laptop, as environment variables.
 *
 * @param at - where the stand-ins listen
 * @param overrides - `Values` of local.settings.json; they win
 * @param noProxy - the present NO_PROXY, which is kept
 */
export function appSettings(
  at: StandInAddresses,
  overrides: Readonly<Record<string, string>>,
  noProxy: string | undefined,
): Record<string, string> {
  const ours = {
    AzureWebJobsStorage: at.storageConnectionString,
    TASKHUB_NAME: laptop.taskHubName,
    ServiceBusConnection: at.serviceBusConnectionString,
    WHENCE_STAGE: 'local',
    WHENCE_DATA_ACCOUNT_ID: laptop.storageAccountId,
    WHENCE_DATA_BLOB_URL: at.blobHttpsUrl,
    WHENCE_ML_BLOB_URL: at.blobHttpsUrl,
    WHENCE_STORAGE_CONNECTION: at.storageConnectionString,
    WHENCE_LANDING_CONTAINER: laptopContainers.landing,
    WHENCE_VERSIONS_CONTAINER: laptopContainers.versions,
    WHENCE_STATE_CONTAINER: laptopContainers.state,
    WHENCE_ML_CONTAINER: laptopContainers.ml,
    WHENCE_CODE_CONTAINER: laptopContainers.code,
    WHENCE_ML_ARTIFACTS_CONTAINER: laptopContainers.mlArtifacts,
    WHENCE_DATA_DATASTORE: 'whence_data',
    WHENCE_ML_DATASTORE: 'workspaceblobstore',
    WHENCE_AZURE_ML_URL: at.azureMlUrl,
    WHENCE_AZURE_ML_WORKSPACE_ID: laptop.workspaceId,
    WHENCE_AUTH_ISSUER: at.issuer,
    WHENCE_AUTH_AUDIENCE: laptop.audience,
    WHENCE_AUTH_TENANT: laptop.tenantId,
    WHENCE_RECONCILE_SCHEDULE: laptop.reconcileSchedule,
    WHENCE_TELEMETRY_FILE: at.telemetryFile,
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
  } as const satisfies Partial<Record<SettingName, string>>;
  return {
    ...ours,
    FUNCTIONS_WORKER_RUNTIME: 'node',
    IDENTITY_ENDPOINT: at.identityEndpoint,
    IDENTITY_HEADER: at.identityHeader,
    NO_PROXY: noProxy === undefined || noProxy === '' ? LOOPBACK_HOSTS : `${noProxy},${LOOPBACK_HOSTS}`,
    ...overrides,
  };
}
