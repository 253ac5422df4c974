// A system topic of Event Grid, so that its identity is known before anything is delivered.
import { Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Name of the topic.')
param name string

@description('Where events come from.')
param sourceId string

@description('Kind of the source.')
@allowed(['Microsoft.Storage.StorageAccounts', 'Microsoft.MachineLearningServices.Workspaces'])
param topicType string

@description('Log Analytics workspace of the logs.')
param logsId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: { source: sourceId, topicType: topicType }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: topic
  name: 'logs'
  properties: {
    workspaceId: logsId
    logs: [{ category: 'DeliveryFailures', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('Id of the topic.')
output id string = topic.id

@description('Name of the topic.')
output name string = topic.name

@description('Object id of the identity of the topic.')
output principalId string = topic.identity.principalId
