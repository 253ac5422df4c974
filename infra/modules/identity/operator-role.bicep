// Managed Identity Operator on one identity: whoever has it may attach that identity to what it makes.
import { Assignment } from '../types.bicep'

@description('Name of the identity.')
param identityName string

@description('Who has which role on it.')
param assignments Assignment[]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in assignments: {
    scope: identity
    name: guid(identity.id, one.principalId, one.roleId)
    properties: {
      principalId: one.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', one.roleId)
    }
  }
]
