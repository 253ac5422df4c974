// What the identities of delivery may do in the subscription: run a deployment, or ask what it would change. What it
// writes, they may write only where they have another role. Only an owner of the subscription writes this.
targetScope = 'subscription'

@description('Name of the resource group, which joins the names of the roles.')
param groupName string

@description('Object id of the identity that deploys infrastructure.')
param infraId string

@description('Object id of the identity that plans.')
param planId string

@description('A network is watched: whoever writes a flow log with traffic analytics must be able to read what is in its way.')
param isPrivate bool

@description('What traffic analytics asks of an account, at the subscription. @source Network Watcher, traffic analytics, user access requirements')
var watched = [
  'applicationGateways'
  'connections'
  'expressRouteCircuits'
  'loadBalancers'
  'localNetworkGateways'
  'networkInterfaces'
  'networkSecurityGroups'
  'publicIPAddresses'
  'routeTables'
  'virtualNetworkGateways'
  'virtualNetworks'
]
var reads = [
  'Microsoft.Resources/subscriptions/operationresults/read'
  'Microsoft.Resources/subscriptions/resourceGroups/read'
  'Microsoft.Resources/deployments/read'
  'Microsoft.Resources/deployments/operations/read'
  'Microsoft.Resources/deployments/operationstatuses/read'
]
var works = [
  {
    name: 'Deployer'
    principalId: infraId
    description: 'Runs deployments; what these write needs roles of its own.'
    actions: concat(
      reads,
      [
        'Microsoft.Resources/deployments/write'
        'Microsoft.Resources/deployments/validate/action'
        'Microsoft.Resources/deployments/whatIf/action'
        'Microsoft.Resources/deployments/cancel/action'
      ],
      isPrivate ? map(watched, type => 'Microsoft.Network/${type}/read') : []
    )
  }
  {
    name: 'Planner'
    principalId: planId
    description: 'Asks what a deployment would change, and reads what it would be compared with; it changes nothing.'
    actions: concat(reads, [
      'Microsoft.Resources/deployments/validate/action'
      'Microsoft.Resources/deployments/whatIf/action'
      'Microsoft.Authorization/roleDefinitions/read'
      'Microsoft.Authorization/roleAssignments/read'
      'Microsoft.Network/networkWatchers/read'
      'Microsoft.Network/networkWatchers/flowLogs/read'
    ])
  }
]

resource definitions 'Microsoft.Authorization/roleDefinitions@2022-04-01' = [
  for work in works: {
    name: guid(subscription().id, groupName, work.name)
    properties: {
      roleName: 'Whence ${work.name} (${groupName})'
      description: work.description
      type: 'CustomRole'
      assignableScopes: [subscription().id]
      permissions: [{ actions: work.actions, notActions: [], dataActions: [], notDataActions: [] }]
    }
  }
]

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (work, at) in works: {
    name: guid(subscription().id, work.principalId, definitions[at].name)
    properties: {
      principalId: work.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: definitions[at].id
    }
  }
]
