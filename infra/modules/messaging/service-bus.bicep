// Queues and the topic of Whence.
import { Assignment, PrivateNetwork, Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Name of the namespace.')
param name string

@description('Where its private endpoint goes; with one the namespace is Premium.')
param network PrivateNetwork?

@description('Log Analytics workspace of the logs.')
param logsId string

@description('Who has which role; `part` is a queue or the topic.')
param assignments Assignment[]

var isPrivate = network != null
var queueNames = ['data-events', 'ml-events', 'quarantine']

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  sku: isPrivate ? { name: 'Premium', tier: 'Premium', capacity: 1 } : { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    zoneRedundant: isPrivate
    premiumMessagingPartitions: isPrivate ? 1 : 0
  }
}

@description('Event Grid cannot use a private endpoint: it comes as a trusted service, with its identity.')
resource rules 'Microsoft.ServiceBus/namespaces/networkRuleSets@2026-01-01' = if (isPrivate) {
  parent: namespace
  name: 'default'
  properties: {
    publicNetworkAccess: 'Disabled'
    defaultAction: 'Deny'
    ipRules: []
    virtualNetworkRules: []
    trustedServiceAccessEnabled: true
  }
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' = [
  for queue in queueNames: {
    parent: namespace
    name: queue
    properties: {
      requiresDuplicateDetection: true
      duplicateDetectionHistoryTimeWindow: 'P1D'
      requiresSession: false
      deadLetteringOnMessageExpiration: true
      defaultMessageTimeToLive: 'P14D'
      maxDeliveryCount: 10
      lockDuration: 'PT5M'
    }
  }
]

resource topic 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' = {
  parent: namespace
  name: 'pipeline-events'
  properties: {
    requiresDuplicateDetection: true
    duplicateDetectionHistoryTimeWindow: 'P1D'
    defaultMessageTimeToLive: 'P14D'
    supportOrdering: true
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'logs'
  properties: {
    workspaceId: logsId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

module roles 'entity-role.bicep' = [
  for (one, at) in assignments: {
    name: 'role-${name}-${at}'
    params: {
      namespaceName: namespace.name
      entity: one.part!
      isTopic: one.part! == topic.name
      principalId: one.principalId
      roleId: one.roleId
    }
    dependsOn: [queues]
  }
]

module endpoint '../network/private-endpoint.bicep' = if (isPrivate) {
  name: 'pe-${name}'
  params: {
    location: location
    tags: tags
    targetName: name
    targetId: namespace.id
    groupId: 'namespace'
    network: network!
  }
}

@description('Id of the namespace.')
output id string = namespace.id

@description('Name of the namespace.')
output name string = namespace.name

@description('Host name of the namespace.')
output host string = replace(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':443/', '')
