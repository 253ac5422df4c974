// Images of environments: what jobs and endpoints run in.
import { Assignment, PrivateNetwork, Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Name of the registry: letters and digits.')
param name string

@description('It is in more than one zone.')
param isZoneRedundant bool

@description('Where its private endpoint goes; with one the registry is Premium.')
param network PrivateNetwork?

@description('Log Analytics workspace of the logs.')
param logsId string

@description('Who has which role.')
param assignments Assignment[]

var isPrivate = network != null

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: isPrivate ? 'Premium' : 'Basic' }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkRuleBypassOptions: 'None'
    networkRuleSet: isPrivate ? { defaultAction: 'Deny', ipRules: [] } : null
    dataEndpointEnabled: isPrivate
    zoneRedundancy: isZoneRedundant ? 'Enabled' : 'Disabled'
    policies: isPrivate
      ? {
          exportPolicy: { status: 'disabled' }
          azureADAuthenticationAsArmPolicy: { status: 'disabled' }
          quarantinePolicy: { status: 'enabled' }
          trustPolicy: { status: 'enabled', type: 'Notary' }
          retentionPolicy: { status: 'enabled', days: 30 }
        }
      : { azureADAuthenticationAsArmPolicy: { status: 'disabled' } }
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: registry
  name: 'logs'
  properties: { workspaceId: logsId, logs: [{ categoryGroup: 'allLogs', enabled: true }] }
}

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in assignments: {
    scope: registry
    name: guid(registry.id, one.principalId, one.roleId)
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
    targetId: registry.id
    groupId: 'registry'
    network: network!
  }
}

@description('Id of the registry.')
output id string = registry.id

@description('Host that its images are pulled from.')
output loginServer string = registry.properties.loginServer
