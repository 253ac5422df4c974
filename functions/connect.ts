import { createMlPlatform } from '#shared/adapters/azure-ml/azure-ml-platform.ts';
import { systemResolver } from '#shared/adapters/dns/name-resolver.ts';
import { createDuckDbInspector } from '#shared/adapters/duckdb/duckdb-inspector.ts';
import { createTokenVerifier } from '#shared/adapters/entra/token-verifier.ts';
import { createCredential } from '#shared/adapters/identity/credential.ts';
import { createWhoAmI } from '#shared/adapters/identity/who-am-i.ts';
import { createMessageBus } from '#shared/adapters/service-bus/service-bus-message-bus.ts';
import { createBlobStore } from '#shared/adapters/storage/azure-blob-store.ts';
import { createRecordStore } from '#shared/adapters/storage/table-record-store.ts';
import { readConfig } from '#shared/config/read-config.ts';
import { endpointNameOf, stageProfile } from '#shared/contracts/stage-profile.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import { systemClock } from '#shared/ports/clock.ts';
import { systemIds } from '#shared/ports/ids.ts';
import type { TokenVerifier } from '#shared/ports/token-verifier.ts';

import type { Dependencies } from './dependencies.ts';

/** Everything outside, and the verifier of access tokens. */
export type Connections = Dependencies & { readonly tokens: TokenVerifier };

/**
 * Reads the settings and makes the adapters; their SDKs are loaded when first used.
 *
 * @param env - environment variables
 * @throws {WhenceError} `core.config-invalid`
 */
export async function connect(env: Readonly<Record<string, string | undefined>>): Promise<Connections> {
  const config = readConfig(env);
  const profile = readProfile(config.WHENCE_STAGE_PROFILE);
  const credential = createCredential(config.WHENCE_IDENTITY_CLIENT_ID);
  const dataBlobs = createBlobStore({ url: config.WHENCE_DATA_BLOB_URL, credential });
  const { openTelemetry } = await import('#shared/adapters/open-telemetry/open-telemetry.ts');
  const telemetry = await openTelemetry({
    stage: config.WHENCE_STAGE,
    metricsEveryMs: config.OTEL_METRIC_EXPORT_INTERVAL,
    credential,
    ...(config.APPLICATIONINSIGHTS_CONNECTION_STRING === undefined
      ? {}
      : { connectionString: config.APPLICATIONINSIGHTS_CONNECTION_STRING }),
    ...(config.WHENCE_TELEMETRY_FILE === undefined ? {} : { file: config.WHENCE_TELEMETRY_FILE }),
  });
  return {
    config,
    profile,
    endpointName: (pipeline) => endpointNameOf(profile, pipeline, config.WHENCE_STAGE),
    records: createRecordStore(
      config.WHENCE_STORAGE_CONNECTION === undefined
        ? { url: config.WHENCE_TABLE_URL ?? '', credential }
        : { connectionString: config.WHENCE_STORAGE_CONNECTION },
    ),
    data: dataBlobs,
    state: dataBlobs,
    mlBlobs:
      config.WHENCE_ML_BLOB_URL === config.WHENCE_DATA_BLOB_URL
        ? dataBlobs
        : createBlobStore({ url: config.WHENCE_ML_BLOB_URL, credential }),
    bus: createMessageBus(
      config.ServiceBusConnection === undefined
        ? { namespace: config.ServiceBusConnection__fullyQualifiedNamespace ?? '', credential }
        : { connectionString: config.ServiceBusConnection },
    ),
    ml: createMlPlatform({
      url: config.WHENCE_AZURE_ML_URL,
      workspaceId: config.WHENCE_AZURE_ML_WORKSPACE_ID,
      apiVersion: config.WHENCE_AZURE_ML_API_VERSION,
      credential,
    }),
    inspector: createDuckDbInspector(),
    tokens: createTokenVerifier({
      issuer: config.WHENCE_AUTH_ISSUER,
      audience: config.WHENCE_AUTH_AUDIENCE,
      tenantId: config.WHENCE_AUTH_TENANT,
    }),
    clock: systemClock,
    ids: systemIds,
    telemetry,
    resolver: systemResolver,
    whoAmI: createWhoAmI(credential),
  };
}

function readProfile(text: string | undefined): ReturnType<typeof stageProfile.parse> {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '{}');
  } catch (cause) {
    throw new WhenceError('core.config-invalid', 'WHENCE_STAGE_PROFILE is not JSON.', { cause });
  }
  const parsed = stageProfile.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new WhenceError('core.config-invalid', `WHENCE_STAGE_PROFILE: ${problems.join('; ')}.`, {
    details: { problems },
  });
}
