// The workbook: an operator's ten questions, each a query in a file of its own whose first line is the question.
import { Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('End of every name.')
param suffix string

@description('Log Analytics workspace.')
param logsId string

var questions = [
  { query: loadTextContent('questions/runs-now.kql'), picture: 'table' }
  { query: loadTextContent('questions/run-outcomes.kql'), picture: 'table' }
  { query: loadTextContent('questions/step-durations.kql'), picture: 'table' }
  { query: loadTextContent('questions/data-to-service.kql'), picture: 'timechart' }
  { query: loadTextContent('questions/arrivals.kql'), picture: 'timechart' }
  { query: loadTextContent('questions/queue-age.kql'), picture: 'timechart' }
  { query: loadTextContent('questions/gate-verdicts.kql'), picture: 'table' }
  { query: loadTextContent('questions/drift.kql'), picture: 'table' }
  { query: loadTextContent('questions/endpoints.kql'), picture: 'timechart' }
  { query: loadTextContent('questions/cost.kql'), picture: 'table' }
]

var timeRange = {
  type: 9
  name: 'time'
  content: {
    version: 'KqlParameterItem/1.0'
    style: 'pills'
    parameters: [
      {
        id: guid(suffix, 'TimeRange')
        version: 'KqlParameterItem/1.0'
        name: 'TimeRange'
        label: 'Time'
        type: 4
        isRequired: true
        value: { durationMs: 604800000 }
        typeSettings: {
          selectableValues: map([3600000, 14400000, 86400000, 604800000, 2592000000], one => { durationMs: one })
          allowCustom: true
        }
      }
    ]
  }
}

var answers = [
  for (one, at) in questions: {
    type: 3
    name: 'question-${at}'
    content: {
      version: 'KqlItem/1.0'
      title: replace(split(one.query, '\n')[0], '// ', '')
      query: one.query
      size: 0
      queryType: 0
      resourceType: 'microsoft.operationalinsights/workspaces'
      crossComponentResources: [logsId]
      timeContextFromParameter: 'TimeRange'
      visualization: one.picture
      noDataMessage: 'Nothing in this time.'
    }
  }
]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'workbook', suffix)
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Whence ${suffix}'
    category: 'workbook'
    sourceId: logsId
    serializedData: string({
      version: 'Notebook/1.0'
      items: concat([timeRange], answers)
      isLocked: false
    })
  }
}
