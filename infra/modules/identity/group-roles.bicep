// Roles on the resource group: of people by their groups, and of the identities that deliver.

@description('Object id of a group or identity, its kind, its role and a condition.')
type GroupAssignment = {
  principalId: string
  principalType: 'Group' | 'ServicePrincipal'
  roleId: string
  condition: string?
}

@description('Who has which role.')
param assignments GroupAssignment[]

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in assignments: {
    name: guid(resourceGroup().id, one.principalId, one.roleId)
    properties: {
      principalId: one.principalId
      principalType: one.principalType
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', one.roleId)
      condition: one.?condition
      conditionVersion: contains(one, 'condition') ? '2.0' : null
    }
  }
]
