// Flow logs of the network. They belong to the network watcher of the region, in a resource group of its own.
import { Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Network that is watched.')
param networkId string

@description('Storage account of the logs; it lets trusted services in.')
param storageId string

@description('Log Analytics workspace that analyses them.')
param logsId string

resource watcher 'Microsoft.Network/networkWatchers@2025-09-01' existing = {
  name: 'NetworkWatcher_${location}'

  resource logs 'flowLogs' = {
    name: 'fl-${last(split(networkId, '/'))}'
    location: location
    tags: tags
    properties: {
      targetResourceId: networkId
      storageId: storageId
      enabled: true
      format: { type: 'JSON', version: 2 }
      retentionPolicy: { enabled: true, days: 90 }
      flowAnalyticsConfiguration: {
        networkWatcherFlowAnalyticsConfiguration: {
          enabled: true
          workspaceResourceId: logsId
          trafficAnalyticsInterval: 10
        }
      }
    }
  }
}
