// What the identity that deploys may do in the resource group of the network watchers. Only an owner writes this.

@description('Name of the resource group of Whence, which joins the name of the role.')
param groupName string

@description('Object id of the identity that deploys infrastructure.')
param infraId string

resource flowLogWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, groupName, 'whence-flow-log-writer')
  properties: {
    roleName: 'Whence Flow Log Writer (${groupName})'
    description: 'Writes flow logs.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Network/networkWatchers/read'
          'Microsoft.Network/networkWatchers/configureFlowLog/action'
          'Microsoft.Network/networkWatchers/queryFlowLogStatus/action'
          'Microsoft.Network/networkWatchers/flowLogs/read'
          'Microsoft.Network/networkWatchers/flowLogs/write'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

module assignments '../identity/group-roles.bicep' = {
  name: 'flow-log-role-${groupName}'
  params: {
    assignments: [{ principalId: infraId, principalType: 'ServicePrincipal', roleId: flowLogWriter.name }]
  }
}
