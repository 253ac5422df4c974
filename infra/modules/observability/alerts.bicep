// What wakes somebody, each with its runbook in docs/runbooks.
import { Tags } from '../types.bicep'

@description('Region of the log queries.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('End of every name.')
param suffix string

@description('Who is told.')
param emails string[]

@description('Service Bus namespace.')
param busId string

@description('System topics.')
param topicIds string[]

@description('Key vaults.')
param vaultIds string[]

@description('Storage account of the data.')
param dataAccountId string

@description('Most bytes that leave the data account in an hour.')
param egressBytes int

@description('Log Analytics workspace.')
param logsId string

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'whence'
    enabled: true
    emailReceivers: [for (email, at) in emails: { name: 'mail-${at}', emailAddress: email, useCommonAlertSchema: true }]
  }
}

var actions = [{ actionGroupId: people.id }]

var countAlerts = concat(
  [
    {
      name: 'dead-letters'
      about: 'Messages that no handler could take: docs/runbooks/dead-letter.md'
      scope: busId
      metric: 'DeadletteredMessages'
      namespace: 'Microsoft.ServiceBus/namespaces'
      aggregation: 'Average'
      dimensions: []
    }
  ],
  flatten(map(range(0, length(topicIds)), at => [
    {
      name: 'undelivered-${at}'
      about: 'Events that Event Grid put aside: docs/runbooks/event-gap.md'
      scope: topicIds[at]
      metric: 'DeadLetteredCount'
      namespace: 'Microsoft.EventGrid/systemTopics'
      aggregation: 'Total'
      dimensions: []
    }
    {
      name: 'dropped-${at}'
      about: 'Events that Event Grid lost; the reconciler finds the data: docs/runbooks/event-gap.md'
      scope: topicIds[at]
      metric: 'DroppedEventCount'
      namespace: 'Microsoft.EventGrid/systemTopics'
      aggregation: 'Total'
      dimensions: []
    }
  ])),
  map(range(0, length(vaultIds)), at => {
    name: 'vault-refusals-${at}'
    about: 'Somebody asked a key vault for what he may not: docs/runbooks/vault-refusals.md'
    scope: vaultIds[at]
    metric: 'ServiceApiResult'
    namespace: 'Microsoft.KeyVault/vaults'
    aggregation: 'Count'
    dimensions: [{ name: 'StatusCode', operator: 'Include', values: ['403'] }]
  })
)

resource counts 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for one in countAlerts: {
    name: '${one.name}-${suffix}'
    location: 'global'
    tags: tags
    properties: {
      description: one.about
      enabled: true
      severity: 2
      scopes: [one.scope]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT5M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: 'any'
            criterionType: 'StaticThresholdCriterion'
            metricName: one.metric
            metricNamespace: one.namespace
            operator: 'GreaterThan'
            threshold: 0
            timeAggregation: one.aggregation
            dimensions: one.dimensions
          }
        ]
      }
      actions: actions
    }
  }
]

resource egress 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: 'egress-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    description: 'More data leaves the data account than training explains: docs/runbooks/egress.md'
    enabled: true
    severity: 1
    scopes: [dataAccountId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT1H'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'much'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'Egress'
          metricNamespace: 'Microsoft.Storage/storageAccounts'
          operator: 'GreaterThan'
          threshold: egressBytes
          timeAggregation: 'Total'
          dimensions: []
        }
      ]
    }
    actions: actions
  }
}

resource grants 'Microsoft.Insights/activityLogAlerts@2026-01-01' = {
  name: 'role-changes-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    description: 'A role was given: docs/runbooks/role-changes.md'
    enabled: true
    scopes: [resourceGroup().id]
    condition: {
      allOf: [
        { field: 'category', equals: 'Administrative' }
        { field: 'operationName', equals: 'Microsoft.Authorization/roleAssignments/write' }
      ]
    }
    actions: { actionGroups: actions }
  }
}

var queries = [
  {
    name: 'failures'
    about: 'The function app throws: docs/runbooks/failures.md'
    query: loadTextContent('queries/failures.kql')
    frequency: 'PT5M'
    window: 'PT15M'
  }
  {
    name: 'stuck-runs'
    about: 'A run has said nothing for two hours and has not ended: docs/runbooks/stuck-run.md'
    query: loadTextContent('queries/stuck-runs.kql')
    frequency: 'PT15M'
    window: 'PT6H'
  }
  {
    name: 'event-gap'
    about: 'Data arrived and no event said so: docs/runbooks/event-gap.md'
    query: loadTextContent('queries/event-gap.kql')
    frequency: 'PT15M'
    window: 'PT1H'
  }
  {
    name: 'failed-verification'
    about: 'Something was published or trained that nobody vouches for: docs/runbooks/failed-verification.md'
    query: loadTextContent('queries/failed-verification.kql')
    frequency: 'PT5M'
    window: 'PT15M'
  }
  {
    name: 'endpoint-errors'
    about: 'An endpoint answers with 5xx: docs/runbooks/endpoint-unhealthy.md'
    query: loadTextContent('queries/endpoint-errors.kql')
    frequency: 'PT5M'
    window: 'PT15M'
  }
]

resource searches 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for one in queries: {
    name: '${one.name}-${suffix}'
    location: location
    tags: tags
    properties: {
      description: one.about
      enabled: true
      severity: 2
      scopes: [logsId]
      evaluationFrequency: one.frequency
      windowSize: one.window
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: one.query
            operator: 'GreaterThan'
            threshold: 0
            timeAggregation: 'Count'
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [people.id] }
    }
  }
]
