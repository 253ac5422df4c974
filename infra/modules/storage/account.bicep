// A storage account with one purpose, its containers, who may do what in them, its logs and its private endpoints.
import { Assignment, PrivateNetwork, Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Name: 3 to 24 lower-case letters and digits.')
@minLength(3)
@maxLength(24)
param name string

@description('What it is for.')
@allowed(['host', 'data', 'evidence', 'aml', 'deadletter'])
param role string

@description('Redundancy.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param sku string

@description('Blob containers.')
param containers string[]

@description('Days in which nothing in the containers can be changed or deleted; 0: no such rule.')
param immutableDays int = 0

@description('Versions of blobs are kept.')
param keepsVersions bool = false

@description('Sub-resources in use beside blobs: each gets logs and, in a private network, an endpoint.')
param services ('queue' | 'table' | 'file')[] = []

@description('Where its private endpoints go; none: the public network reaches it, with an identity only.')
param network PrivateNetwork?

@description('Event Grid delivers here what it could not deliver: as a trusted service, past the firewall.')
param letsTrustedServicesIn bool = false

@description('Malware is looked for when blobs are uploaded.')
param scansUploads bool = false

@description('Nobody may delete the account.')
param isLocked bool = false

@description('Log Analytics workspace of the logs.')
param logsId string

@description('Who has which role; `part` is a container.')
param assignments Assignment[]

var isPrivate = network != null

resource account 'Microsoft.Storage/storageAccounts@2026-04-01' = {
  name: name
  location: location
  tags: union(tags, { role: role })
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    supportsHttpsTrafficOnly: true
    minimumTlsVersion: 'TLS1_2'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    allowedCopyScope: 'PrivateLink'
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false
    isSftpEnabled: false
    publicNetworkAccess: isPrivate && !letsTrustedServicesIn ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: isPrivate ? 'Deny' : 'Allow'
      bypass: letsTrustedServicesIn ? 'AzureServices' : 'None'
      ipRules: []
      virtualNetworkRules: []
    }
    sasPolicy: { expirationAction: 'Block', sasExpirationPeriod: '1.00:00:00' }
    keyPolicy: { keyExpirationPeriodInDays: 90 }
    encryption: {
      requireInfrastructureEncryption: true
      keySource: 'Microsoft.Storage'
      services: {
        blob: { enabled: true, keyType: 'Account' }
        file: { enabled: true, keyType: 'Account' }
        queue: { enabled: true, keyType: 'Account' }
        table: { enabled: true, keyType: 'Account' }
      }
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2026-04-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: keepsVersions
    deleteRetentionPolicy: { enabled: true, days: 14 }
    containerDeleteRetentionPolicy: { enabled: true, days: 14 }
  }
}

resource boxes 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-04-01' = [
  for container in containers: {
    parent: blobs
    name: container
    properties: {
      publicAccess: 'None'
      immutableStorageWithVersioning: immutableDays == 0 ? null : { enabled: true }
    }
  }
]

resource worm 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2026-04-01' = [
  for (container, at) in containers: if (immutableDays > 0) {
    parent: boxes[at]
    name: 'default'
    properties: { immutabilityPeriodSinceCreationInDays: immutableDays, allowProtectedAppendWrites: false }
  }
]

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2026-04-01' = if (contains(services, 'queue')) {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices@2026-04-01' = if (contains(services, 'table')) {
  parent: account
  name: 'default'
}

resource files 'Microsoft.Storage/storageAccounts/fileServices@2026-04-01' = if (contains(services, 'file')) {
  parent: account
  name: 'default'
}

var audit = [
  { category: 'StorageRead', enabled: true }
  { category: 'StorageWrite', enabled: true }
  { category: 'StorageDelete', enabled: true }
]

resource blobLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobs
  name: 'logs'
  properties: { workspaceId: logsId, logs: audit, metrics: [{ category: 'Transaction', enabled: true }] }
}

resource queueLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (contains(services, 'queue')) {
  scope: queues
  name: 'logs'
  properties: { workspaceId: logsId, logs: audit }
}

resource tableLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (contains(services, 'table')) {
  scope: tables
  name: 'logs'
  properties: { workspaceId: logsId, logs: audit }
}

resource fileLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (contains(services, 'file')) {
  scope: files
  name: 'logs'
  properties: { workspaceId: logsId, logs: audit }
}

resource scan 'Microsoft.Security/defenderForStorageSettings@2025-06-01' = if (scansUploads) {
  scope: account
  name: 'current'
  properties: {
    isEnabled: true
    overrideSubscriptionLevelSettings: true
    malwareScanning: { onUpload: { isEnabled: true, capGBPerMonth: 5000 } }
    sensitiveDataDiscovery: { isEnabled: true }
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (isLocked) {
  scope: account
  name: 'keep'
  properties: { level: 'CanNotDelete', notes: 'Data versions and evidence outlive the app that made them.' }
}

resource wholeRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in filter(assignments, one => !contains(one, 'part')): {
    scope: account
    name: guid(account.id, one.principalId, one.roleId)
    properties: {
      principalId: one.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', one.roleId)
    }
  }
]

module containerRoles 'container-role.bicep' = [
  for (one, at) in filter(assignments, one => contains(one, 'part')): {
    name: 'role-${name}-${at}'
    params: {
      accountName: account.name
      container: one.part!
      principalId: one.principalId
      principalType: one.?principalType ?? 'ServicePrincipal'
      roleId: one.roleId
    }
    dependsOn: [boxes]
  }
]

module endpoints '../network/private-endpoint.bicep' = [
  for group in concat(['blob'], services): if (isPrivate) {
    name: 'pe-${name}-${group}'
    params: {
      location: location
      tags: tags
      targetName: name
      targetId: account.id
      groupId: group
      network: network!
    }
  }
]

@description('Id of the account.')
output id string = account.id

@description('Name of the account.')
output name string = account.name

@description('Blob endpoint.')
output blobUrl string = account.properties.primaryEndpoints.blob

@description('Queue endpoint.')
output queueUrl string = account.properties.primaryEndpoints.queue

@description('Table endpoint.')
output tableUrl string = account.properties.primaryEndpoints.table
