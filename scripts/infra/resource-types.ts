/** Types of resources that our templates may have, and kinds that none may: what is not listed has not been looked at. */
import type { Template } from './template.ts';

/** Types (without `Microsoft.`) by why a template has them. @source threat model, X22 and X23 */
export const resourceTypes = {
  everywhere: [
    'Authorization/roleAssignments',
    'ContainerRegistry/registries',
    'EventGrid/systemTopics',
    'EventGrid/systemTopics/eventSubscriptions',
    'Insights/actionGroups',
    'Insights/activityLogAlerts',
    'Insights/components',
    'Insights/diagnosticSettings',
    'Insights/metricAlerts',
    'Insights/scheduledQueryRules',
    'Insights/workbooks',
    'KeyVault/vaults',
    'KeyVault/vaults/keys',
    'MachineLearningServices/workspaces',
    'MachineLearningServices/workspaces/computes',
    'MachineLearningServices/workspaces/datastores',
    'ManagedIdentity/userAssignedIdentities',
    'OperationalInsights/workspaces',
    'Resources/resourceGroups',
    'ServiceBus/namespaces',
    'ServiceBus/namespaces/queues',
    'ServiceBus/namespaces/topics',
    'Storage/storageAccounts',
    'Storage/storageAccounts/blobServices',
    'Storage/storageAccounts/blobServices/containers',
    'Storage/storageAccounts/blobServices/containers/immutabilityPolicies',
    'Storage/storageAccounts/fileServices',
    'Storage/storageAccounts/tableServices',
    'Web/serverfarms',
    'Web/sites',
    'Web/sites/basicPublishingCredentialsPolicies',
    'Web/sites/config',
  ],
  /** In the private profile. */
  private: [
    'Insights/privateLinkScopes',
    'Insights/privateLinkScopes/scopedResources',
    'MachineLearningServices/workspaces/outboundRules',
    'Network/networkSecurityGroups',
    'Network/networkWatchers/flowLogs',
    'Network/privateDnsZones',
    'Network/privateDnsZones/virtualNetworkLinks',
    'Network/privateEndpoints',
    'Network/privateEndpoints/privateDnsZoneGroups',
    'Network/virtualNetworks',
    'ServiceBus/namespaces/networkRuleSets',
  ],
  /** Where pipelines deliver, and somebody watches what it costs. */
  stage: ['Consumption/budgets', 'ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials'],
  hardened: ['Authorization/locks', 'Security/defenderForStorageSettings'],
  /** Only an owner writes them. */
  owner: ['Authorization/roleDefinitions'],
  ownerOfPrivate: ['Authorization/policyAssignments'],
  scheduler: ['DurableTask/schedulers', 'DurableTask/schedulers/retentionPolicies', 'DurableTask/schedulers/taskHubs'],
  options: ['MachineLearningServices/registries', 'Storage/storageAccounts/queueServices'],
  ownerOfOptions: ['KubernetesConfiguration/extensions', 'Security/pricings'],
} as const;

/** Why a template has types. */
export type TypeReason = keyof typeof resourceTypes;

/** Kinds that carry data out, or keep another copy of it. @source threat model, X22 */
export const exporting =
  /backup|RecoveryServices|snapshots|replication|dataExports|exportconfiguration|inventoryPolic|(export|import)Pipelines|connectedRegistries|disasterRecovery|migrationConfigurations|storageTask|(^|\/)exports$|EventHub\//i;

/** @returns types of a template, sorted, without `Microsoft.` */
export function typesOf(template: Template): readonly string[] {
  return [...new Set(template.resources.map(({ type }) => type.replace(/^Microsoft\./, '')))].toSorted();
}
