// What the identities of delivery may do in the resource group. Only an owner writes this: an identity that could would
// be one itself.

@description('Object id of the identity that deploys infrastructure.')
param infraId string

@description('Object id of the identity that plans.')
param planId string

@description('Ids (GUIDs) of the custom roles that identities of the app have.')
param identityRoleIds string[]

@description('Ids (GUIDs) of the custom roles that groups have.')
param groupRoleIds string[]

var roles = loadJsonContent('roles.json')
var forGroups = ['Reader', 'Log Analytics Reader', 'Monitoring Reader', 'AzureML Data Scientist']
@description('Roles that only an owner hands out.')
var forOwners = [
  'Role Based Access Control Administrator'
  'Kubernetes Extension Contributor'
  'Azure Kubernetes Service Cluster Admin Role'
]

@description('Kind of principal → roles that `infra` may give and take: exactly those that the template hands out.')
var grantable = {
  ServicePrincipal: concat(
    map(filter(items(roles), one => !contains(concat(forGroups, forOwners), one.key)), one => one.value),
    identityRoleIds
  )
  Group: concat(map(forGroups, name => roles[name]), groupRoleIds)
}

var verbs = [
  { action: 'write', of: '@Request' }
  { action: 'delete', of: '@Resource' }
]
var limits = map(
  verbs,
  verb =>
    '((!(ActionMatches{\'Microsoft.Authorization/roleAssignments/${verb.action}\'})) OR ${join(map(items(grantable), one => '(${verb.of}[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${join(one.value, ', ')}} AND ${verb.of}[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {\'${one.key}\'})'), ' OR ')})'
)

resource lockWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'whence-lock-writer')
  properties: {
    roleName: 'Whence Lock Writer (${resourceGroup().name})'
    description: 'Locks what must not be deleted; it takes no lock away.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: ['Microsoft.Authorization/locks/read', 'Microsoft.Authorization/locks/write']
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

module assignments 'group-roles.bicep' = {
  name: 'delivery-roles'
  params: {
    assignments: [
      { principalId: infraId, principalType: 'ServicePrincipal', roleId: roles.Contributor }
      {
        principalId: infraId
        principalType: 'ServicePrincipal'
        roleId: roles['Role Based Access Control Administrator']
        condition: join(limits, ' AND ')
      }
      { principalId: infraId, principalType: 'ServicePrincipal', roleId: lockWriter.name }
      { principalId: planId, principalType: 'ServicePrincipal', roleId: roles.Reader }
    ]
  }
}
