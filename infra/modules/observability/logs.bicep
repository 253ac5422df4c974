// Where logs, traces and metrics go.
import { Assignment, Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('End of every name.')
param suffix string

@description('Days that logs are kept.')
@minValue(90)
param retentionDays int

@description('Only the private network reaches it.')
param isPrivate bool

@description('Region of a second copy; none: there is one.')
param replicaLocation string?

@description('Who has which role on Application Insights.')
param assignments Assignment[]

var access = isPrivate ? 'Disabled' : 'Enabled'

resource logs 'Microsoft.OperationalInsights/workspaces@2026-03-01' = {
  name: 'log-${suffix}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true }
    publicNetworkAccessForIngestion: access
    publicNetworkAccessForQuery: access
    replication: replicaLocation == null ? null : { enabled: true, location: replicaLocation }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${suffix}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logs.id
    DisableLocalAuth: true
    publicNetworkAccessForIngestion: access
    publicNetworkAccessForQuery: access
  }
}

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in assignments: {
    scope: insights
    name: guid(insights.id, one.principalId, one.roleId)
    properties: {
      principalId: one.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', one.roleId)
    }
  }
]

@description('Log Analytics workspace.')
output logsId string = logs.id

@description('Application Insights.')
output insightsId string = insights.id

@description('Connection string of Application Insights. It names an address; whoever sends shows an Entra token.')
output connectionString string = insights.properties.ConnectionString
