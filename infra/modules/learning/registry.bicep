// A registry of Azure ML: models and environments that more than one workspace uses. Azure keeps their bytes in a
// resource group that it manages itself, `azureml-rg-<name>_<guid>`.
import { Assignment, PrivateNetwork, Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Name of the registry, which is unique in the tenant.')
@maxLength(33)
param name string

@description('Redundancy of the storage that Azure makes for it.')
param sku string

@description('Where its private endpoint goes; none: the public network reaches it, with an identity only.')
param network PrivateNetwork?

@description('Who has which role.')
param assignments Assignment[]

var isPrivate = network != null

resource registry 'Microsoft.MachineLearningServices/registries@2026-05-01' = {
  name: name
  location: location
  tags: tags
  kind: 'registry'
  identity: { type: 'SystemAssigned' }
  properties: {
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    regionDetails: [
      {
        location: location
        acrDetails: [{ systemCreatedAcrAccount: { acrAccountSku: 'Premium' } }]
        storageAccountDetails: [
          {
            systemCreatedStorageAccount: {
              storageAccountType: sku
              storageAccountHnsEnabled: false
              allowBlobPublicAccess: false
            }
          }
        ]
      }
    ]
  }
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
    groupId: 'amlregistry'
    network: network!
  }
}

@description('Id of the registry.')
output id string = registry.id

@description('Name of the registry.')
output name string = registry.name
