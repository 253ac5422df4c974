// A private endpoint with its DNS records.
import { PrivateNetwork, Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Name of what it leads to.')
param targetName string

@description('Id of what it leads to.')
param targetId string

@description('Part of the target: blob, vault, namespace, …')
param groupId string

@description('Where it goes.')
param network PrivateNetwork

resource endpoint 'Microsoft.Network/privateEndpoints@2025-09-01' = {
  name: 'pe-${targetName}-${groupId}'
  location: location
  tags: tags
  properties: {
    subnet: { id: network.subnetId }
    privateLinkServiceConnections: [
      {
        name: groupId
        properties: { privateLinkServiceId: targetId, groupIds: [groupId] }
      }
    ]
  }

  resource zones 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: map(network.zones[groupId], zone => {
        name: replace(last(split(zone, '/')), '.', '-')
        properties: { privateDnsZoneId: zone }
      })
    }
  }
}
