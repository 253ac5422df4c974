// Azure Monitor behind the private network only.
import { PrivateNetwork, Tags } from '../types.bicep'

@description('Region of the private endpoint.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('End of every name.')
param suffix string

@description('Log Analytics workspace.')
param logsId string

@description('Application Insights.')
param insightsId string

@description('Where its private endpoint goes.')
param network PrivateNetwork

resource scope 'Microsoft.Insights/privateLinkScopes@2021-09-01' = {
  name: 'ampls-${suffix}'
  location: 'global'
  tags: tags
  properties: { accessModeSettings: { ingestionAccessMode: 'PrivateOnly', queryAccessMode: 'PrivateOnly' } }

  resource logs 'scopedResources' = { name: 'logs', properties: { linkedResourceId: logsId } }
  resource insights 'scopedResources' = { name: 'insights', properties: { linkedResourceId: insightsId } }
}

module endpoint '../network/private-endpoint.bicep' = {
  name: 'pe-azuremonitor'
  params: {
    location: location
    tags: tags
    targetName: scope.name
    targetId: scope.id
    groupId: 'azuremonitor'
    network: network
  }
}
