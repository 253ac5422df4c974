// A role on one queue or topic.

@description('Name of the namespace.')
param namespaceName string

@description('Name of the queue or topic.')
param entity string

@description('Whether it is a topic.')
param isTopic bool

@description('Object id of the identity.')
param principalId string

@description('Id of the role definition: a GUID.')
param roleId string

resource queue 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' existing = {
  name: '${namespaceName}/${entity}'
}

resource topic 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' existing = {
  name: '${namespaceName}/${entity}'
}

var properties = {
  principalId: principalId
  principalType: 'ServicePrincipal'
  roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
}

resource queueRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!isTopic) {
  scope: queue
  name: guid(queue.id, principalId, roleId)
  properties: properties
}

resource topicRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isTopic) {
  scope: topic
  name: guid(topic.id, principalId, roleId)
  properties: properties
}
