// Private DNS zones, one set for everything that has a private endpoint.
import { Tags } from '../types.bicep'

@description('Tags of every resource.')
param tags Tags

@description('Network whose names the zones resolve.')
param networkId string

var storage = environment().suffixes.storage

@description('Group id of a private endpoint → its zones. The order of all zones is that of this list.')
var groups = [
  { group: 'blob', zones: ['privatelink.blob.${storage}'] }
  { group: 'queue', zones: ['privatelink.queue.${storage}'] }
  { group: 'table', zones: ['privatelink.table.${storage}'] }
  { group: 'file', zones: ['privatelink.file.${storage}'] }
  { group: 'namespace', zones: ['privatelink.servicebus.windows.net'] }
  { group: 'vault', zones: ['privatelink.vaultcore.azure.net'] }
  { group: 'registry', zones: ['privatelink.azurecr.io'] }
  { group: 'amlworkspace', zones: ['privatelink.api.azureml.ms', 'privatelink.notebooks.azure.net'] }
  { group: 'sites', zones: ['privatelink.azurewebsites.net'] }
  { group: 'scheduler', zones: ['privatelink.durabletask.io'] }
  {
    group: 'azuremonitor'
    zones: [
      'privatelink.monitor.azure.com'
      'privatelink.oms.opinsights.azure.com'
      'privatelink.ods.opinsights.azure.com'
      'privatelink.agentsvc.azure-automation.net'
    ]
  }
]

var names = flatten(map(groups, one => one.zones))

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for name in names: {
    name: name
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (name, at) in names: {
    parent: zones[at]
    name: 'whence'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: networkId }
    }
  }
]

@description('Group id of a private endpoint → ids of its zones. Azure Monitor has its blobs behind one, too, and registries share the zone of workspaces.')
output zones { *: string[] } = toObject(
  concat(groups, [{ group: 'amlregistry', zones: ['privatelink.api.azureml.ms'] }]),
  one => one.group,
  one =>
    map(
      one.group == 'azuremonitor' ? concat(one.zones, ['privatelink.blob.${storage}']) : one.zones,
      name => resourceId('Microsoft.Network/privateDnsZones', name)
    )
)
