import { z } from 'zod';

const url = z.url();
const armId = z.string().regex(/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/.+$/i, 'an ARM resource id');
const container = z
  .string()
  .regex(/^[a-z0-9](?:-?[a-z0-9]){2,62}$/, 'a container name: 3 to 63 lower-case letters, digits and single hyphens');

/** One app setting: its schema and what it is for. The docs, the sample and the infrastructure are held to this list. */
export interface Setting {
  readonly schema: z.ZodType;
  readonly about: string;
  /** Value in `local.settings.sample.json`; absent: it is not in the sample. */
  readonly sample?: string;
  /** Only for a laptop: refused when the app runs on Azure. */
  readonly localOnly?: boolean;
}

/**
 * The app settings that Whence reads itself, by name. What the Functions host reads (`AzureWebJobsStorage`,
 * `ServiceBusConnection`, `TASKHUB_NAME`) is listed too, so that one list holds all.
 */
export const settings = {
  AzureWebJobsStorage: {
    schema: z.string().optional(),
    about: 'Host storage of the Functions host (identity-based on Azure: the `__` forms).',
    sample: 'UseDevelopmentStorage=true',
  },
  TASKHUB_NAME: {
    schema: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9]{2,44}$/)
      .default('WhenceHub'),
    about: 'Task hub of the Durable extension.',
    sample: 'WhenceHub',
  },
  ServiceBusConnection: {
    schema: z.string().optional(),
    about: 'Service Bus connection string with UseDevelopmentEmulator=true, for a laptop.',
    sample: '<from .whence/endpoints.json>',
    localOnly: true,
  },
  ServiceBusConnection__fullyQualifiedNamespace: {
    schema: z
      .string()
      .regex(/^[a-z0-9-]+\.servicebus\.[a-z.]+$/i)
      .optional(),
    about: 'Service Bus namespace, used with the managed identity.',
  },
  WHENCE_STAGE: {
    schema: z.enum(['local', 'dev', 'test', 'prod']),
    about: 'Stage that this app serves.',
    sample: 'local',
  },
  WHENCE_IDENTITY_CLIENT_ID: { schema: z.uuid().optional(), about: 'Client id of the user-assigned managed identity.' },
  WHENCE_DATA_ACCOUNT_ID: {
    schema: armId,
    about: 'ARM id of the storage account whose events are accepted.',
    sample:
      '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.Storage/storageAccounts/devstoreaccount1',
  },
  WHENCE_DATA_BLOB_URL: {
    schema: url,
    about: 'Blob endpoint of the data account.',
    sample: '<from .whence/endpoints.json>',
  },
  WHENCE_ML_BLOB_URL: {
    schema: url,
    about: 'Blob endpoint of the Azure ML default storage account: code, job outputs, job logs.',
    sample: '<from .whence/endpoints.json>',
  },
  WHENCE_TABLE_URL: { schema: url.optional(), about: 'Table endpoint of the records, used with the managed identity.' },
  WHENCE_STORAGE_CONNECTION: {
    schema: z.string().optional(),
    about: 'Storage connection string for tables (and for blobs over plain http), where no token can be shown.',
    sample: '<from .whence/endpoints.json>',
    localOnly: true,
  },
  WHENCE_LANDING_CONTAINER: {
    schema: container.default('landing'),
    about: 'Container in which new data lands.',
    sample: 'landing',
  },
  WHENCE_VERSIONS_CONTAINER: {
    schema: container.default('data-versions'),
    about: 'Container of write-once data versions.',
    sample: 'data-versions',
  },
  WHENCE_STATE_CONTAINER: {
    schema: container.default('whence-state'),
    about: 'Container of things too large for a row: listings, manifests, profiles, findings, pipeline files.',
    sample: 'whence-state',
  },
  WHENCE_ML_CONTAINER: {
    schema: container.default('azureml-blobstore'),
    about: 'Container behind the output datastore: job outputs. Jobs write to it.',
    sample: 'azureml-blobstore',
  },
  WHENCE_CODE_CONTAINER: {
    schema: container.default('whence-code'),
    about:
      'Container of the Azure ML account for code and build contexts of pipelines. Jobs and endpoints read it, and only the app adds to it.',
    sample: 'whence-code',
  },
  WHENCE_ML_ARTIFACTS_CONTAINER: {
    schema: container.default('azureml'),
    about: 'Container of the workspace artifact store, where job logs are.',
    sample: 'azureml',
  },
  WHENCE_DATA_DATASTORE: {
    schema: z
      .string()
      .regex(/^[a-z0-9_]{1,255}$/)
      .default('whence_data'),
    about: 'Azure ML datastore over the versions container.',
    sample: 'whence_data',
  },
  WHENCE_ML_DATASTORE: {
    schema: z
      .string()
      .regex(/^[a-z0-9_]{1,255}$/)
      .default('workspaceblobstore'),
    about: 'Azure ML datastore for job outputs.',
    sample: 'workspaceblobstore',
  },
  WHENCE_AZURE_ML_URL: {
    schema: url.default('https://management.azure.com'),
    about: 'ARM endpoint.',
    sample: '<from .whence/endpoints.json>',
  },
  WHENCE_AZURE_ML_WORKSPACE_ID: {
    schema: armId,
    about: 'ARM id of the Azure ML workspace.',
    sample:
      '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local',
  },
  WHENCE_AZURE_ML_LOCATION: {
    schema: z
      .string()
      .regex(/^[a-z0-9]+$/)
      .default('westeurope'),
    about: 'Region of endpoints and deployments.',
    sample: 'westeurope',
  },
  WHENCE_AZURE_ML_API_VERSION: {
    schema: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}(-preview)?$/)
      .default('2024-10-01'),
    about: 'Azure ML api-version.',
    sample: '2024-10-01',
  },
  WHENCE_AUTH_ISSUER: {
    schema: url,
    about: 'Issuer of the access tokens that the API accepts.',
    sample: '<from .whence/endpoints.json>',
  },
  WHENCE_AUTH_AUDIENCE: {
    schema: z.string().min(1),
    about: 'Audience of the access tokens that the API accepts.',
    sample: 'api://whence',
  },
  WHENCE_AUTH_TENANT: {
    schema: z.uuid(),
    about: 'Tenant (`tid`) of the access tokens that the API accepts.',
    sample: '00000000-0000-4000-8000-000000000001',
  },
  WHENCE_STAGE_PROFILE: {
    schema: z.string().optional(),
    about:
      'Stage profile of the platform team, as JSON: logical compute, endpoint names, authentication. See docs/stage-profile.md.',
    sample: '{}',
  },
  WHENCE_RECONCILE_SCHEDULE: {
    schema: z.string().default('0 */5 * * * *'),
    about: 'NCRONTAB of the reconciler.',
    sample: '*/10 * * * * *',
  },
  WHENCE_TELEMETRY_FILE: {
    schema: z.string().optional(),
    about: 'File for spans, logs and metrics as JSON lines, for a laptop; not used beside Application Insights.',
    localOnly: true,
  },
  APPLICATIONINSIGHTS_CONNECTION_STRING: {
    schema: z.string().optional(),
    about: 'Application Insights, if telemetry goes there.',
  },
  OTEL_METRIC_EXPORT_INTERVAL: {
    // @source OpenTelemetry specification, environment variables: OTEL_METRIC_EXPORT_INTERVAL, milliseconds, default 60000
    schema: z.coerce.number().int().min(100).max(3_600_000).default(60_000),
    about: 'How often metrics are sent, in milliseconds.',
  },
} as const satisfies Record<string, Setting>;

/** App settings on Azure that only the Functions host reads, by name, with what each is for. */
export const hostSettings = {
  AzureWebJobsStorage__blobServiceUri: 'Blob endpoint of the host storage.',
  AzureWebJobsStorage__queueServiceUri: 'Queue endpoint of the host storage.',
  AzureWebJobsStorage__tableServiceUri: 'Table endpoint of the host storage.',
  AzureWebJobsStorage__credential: 'How the host shows who it is: `managedidentity`.',
  AzureWebJobsStorage__clientId: 'Client id of its identity.',
  ServiceBusConnection__credential: 'How the host shows who it is to Service Bus: `managedidentity`.',
  ServiceBusConnection__clientId: 'Client id of its identity.',
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'How the host shows who it is to Application Insights.',
  APPLICATION_INSIGHTS_NO_STATSBEAT:
    '`true`: the telemetry SDK sends nothing about itself to Microsoft; from the private network it could not.',
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__type:
    '`azureManaged`: orchestrations live in the Durable Task Scheduler, instead of the Azure Storage of host.json.',
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName:
    'Name of the setting with the scheduler’s address.',
  DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Address of the Durable Task Scheduler, task hub and identity; no secret.',
} as const satisfies Readonly<Record<string, string>>;

/** Name of a setting. */
export type SettingName = keyof typeof settings;

/** All settings, typed. Read once, in `functions/main.ts`. */
export type Config = { readonly [Name in SettingName]: z.output<(typeof settings)[Name]['schema']> } & {
  /** Whether this process runs on Azure (the platform sets `WEBSITE_INSTANCE_ID` and an identity endpoint of its own). */
  readonly onAzure: boolean;
};
