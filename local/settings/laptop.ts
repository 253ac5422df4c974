/** Names on a laptop: what Azure would call the things that the stand-ins serve. None of them is a secret. */

/** The nil subscription: nothing of Azure has this id. */
const subscriptionId = '00000000-0000-0000-0000-000000000000';
const resourceGroup = 'local';
const workspaceName = 'local';
const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers`;

/** Storage account of Azurite. @source Azurite README, "Default storage account" */
const storageAccount = 'devstoreaccount1';

/** See the module. */
export const laptop = {
  tenantId: '00000000-0000-4000-8000-000000000001',
  /** Audience of people's tokens for the API. */
  audience: 'api://whence',
  subscriptionId,
  resourceGroup,
  workspaceName,
  workspaceId: `${group}/Microsoft.MachineLearningServices/workspaces/${workspaceName}`,
  storageAccountId: `${group}/Microsoft.Storage/storageAccounts/${storageAccount}`,
  taskHubName: 'WhenceHub',
  /** How often the reconciler looks, NCRONTAB; on Azure it is every five minutes. */
  reconcileSchedule: '*/10 * * * * *',
} as const;

/** Containers on a laptop. They are made at the first start. */
export const laptopContainers = {
  landing: 'landing',
  versions: 'data-versions',
  state: 'whence-state',
  ml: 'azureml-blobstore',
  code: 'whence-code',
  mlArtifacts: 'azureml',
} as const;

/** Azure ML datastores, by name, and the container behind each. */
export const laptopDatastores = {
  whence_data: laptopContainers.versions,
  workspaceblobstore: laptopContainers.ml,
  workspaceartifactstore: laptopContainers.mlArtifacts,
} as const satisfies Record<string, string>;

/** Queues to which the laptop's Event Grid delivers. */
export const laptopQueues = { dataEvents: 'data-events', mlEvents: 'ml-events' } as const;
