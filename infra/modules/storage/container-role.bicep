// A role on one container; a condition names the container once more, so that the role is no wider where it is inherited.

@description('Name of the storage account.')
param accountName string

@description('The container.')
param container string

@description('Object id of the identity or group.')
param principalId string

@description('What it is the id of.')
param principalType 'ServicePrincipal' | 'Group'

@description('Id of the role definition: a GUID.')
param roleId string

var actions = [
  'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
  'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'
  'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'
  'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete'
]
var others = join(map(actions, action => '!(ActionMatches{\'${action}\'})'), ' AND ')
var here = '@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals \'${container}\''

resource box 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-04-01' existing = {
  name: '${accountName}/default/${container}'
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: box
  name: guid(box.id, principalId, roleId)
  properties: {
    principalId: principalId
    principalType: principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
    condition: '((${others}) OR (${here}))'
    conditionVersion: '2.0'
  }
}
