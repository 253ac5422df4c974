// Roles that no built-in one is narrow enough for. `test/infra` holds each to exactly what the app asks for.

@description('They are written, not only named: whoever deploys may define roles.')
param isWritten bool

var ids = {
  orchestrator: guid(resourceGroup().id, 'whence-orchestrator')
  blobAdder: guid(resourceGroup().id, 'whence-blob-adder')
  blobWriter: guid(resourceGroup().id, 'whence-blob-writer')
  registryReader: guid(resourceGroup().id, 'whence-registry-reader')
}

@description('What the function app asks of Azure ML. Derived from the requests of its adapter.')
resource orchestrator 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (isWritten) {
  name: ids.orchestrator
  properties: {
    roleName: 'Whence Orchestrator (${resourceGroup().name})'
    description: 'Submits jobs, registers versions, rolls out deployments and scores; deletes no data, model, job or endpoint and reads no key.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.MachineLearningServices/workspaces/codes/versions/read'
          'Microsoft.MachineLearningServices/workspaces/codes/versions/write'
          'Microsoft.MachineLearningServices/workspaces/components/versions/read'
          'Microsoft.MachineLearningServices/workspaces/components/versions/write'
          'Microsoft.MachineLearningServices/workspaces/computes/read'
          'Microsoft.MachineLearningServices/workspaces/data/versions/read'
          'Microsoft.MachineLearningServices/workspaces/data/versions/write'
          'Microsoft.MachineLearningServices/workspaces/environments/versions/read'
          'Microsoft.MachineLearningServices/workspaces/environments/versions/write'
          'Microsoft.MachineLearningServices/workspaces/jobs/cancel/action'
          'Microsoft.MachineLearningServices/workspaces/jobs/read'
          'Microsoft.MachineLearningServices/workspaces/jobs/write'
          'Microsoft.MachineLearningServices/workspaces/models/versions/read'
          'Microsoft.MachineLearningServices/workspaces/models/versions/write'
          'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/delete'
          'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/getLogs/action'
          'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/read'
          'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/write'
          'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/read'
          'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/score/action'
          'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

@description('Adds blobs, and never changes or deletes one: what is there is there for good.')
resource blobAdder 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (isWritten) {
  name: ids.blobAdder
  properties: {
    roleName: 'Whence Blob Adder (${resourceGroup().name})'
    description: 'Reads, lists and adds blobs; it changes and deletes none.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
        ]
        notDataActions: []
      }
    ]
  }
}

@description('Reads and writes blobs, and never deletes one.')
resource blobWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (isWritten) {
  name: ids.blobWriter
  properties: {
    roleName: 'Whence Blob Writer (${resourceGroup().name})'
    description: 'Reads, lists and writes blobs; it deletes none.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'
        ]
        notDataActions: []
      }
    ]
  }
}

@description('Uses what is in a registry of Azure ML, and puts nothing into it.')
resource registryReader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (isWritten) {
  name: ids.registryReader
  properties: {
    roleName: 'Whence Registry Reader (${resourceGroup().name})'
    description: 'Uses models, environments and components of a registry; it creates and deletes none.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.MachineLearningServices/registries/read'
          'Microsoft.MachineLearningServices/registries/assets/read'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

@description('Id (GUID) of the role of the function app on the workspace.')
output orchestratorId string = ids.orchestrator

@description('Id (GUID) of the role that adds blobs.')
output blobAdderId string = ids.blobAdder

@description('Id (GUID) of the role that writes blobs.')
output blobWriterId string = ids.blobWriter

@description('Id (GUID) of the role that uses a registry of Azure ML.')
output registryReaderId string = ids.registryReader
