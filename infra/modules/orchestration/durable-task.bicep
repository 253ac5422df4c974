// The Durable Task Scheduler: where orchestrations live.
import { Assignment, PrivateNetwork, Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Name of the scheduler.')
param name string

@description('Name of the task hub.')
param hubName string

@description('Where its private endpoint goes; none: the public network reaches it, with an identity only.')
param network PrivateNetwork?

@description('Who has which role on the hub.')
param assignments Assignment[]

var isPrivate = network != null

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: { name: 'Consumption' }
    ipAllowlist: isPrivate ? [] : ['0.0.0.0/0']
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }

  resource hub 'taskHubs' = { name: hubName, properties: {} }

  resource retention 'retentionPolicies' = {
    name: 'default'
    properties: { retentionPolicies: [{ retentionPeriodInDays: 30 }] }
  }
}

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in assignments: {
    scope: scheduler::hub
    name: guid(scheduler::hub.id, one.principalId, one.roleId)
    properties: {
      principalId: one.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', one.roleId)
    }
  }
]

module endpoint '../network/private-endpoint.bicep' = if (isPrivate) {
  name: 'pe-${name}'
  params: {
    location: location
    tags: tags
    targetName: name
    targetId: scheduler.id
    groupId: 'scheduler'
    network: network!
  }
}

@description('Address of the scheduler.')
output endpoint string = scheduler.properties.endpoint
