// The Azure ML workspace, in a managed network that reaches only what is approved, and its cluster.
import { Assignment, PrivateNetwork, Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Name of the workspace.')
param name string

@description('Id of its identity.')
param identityId string

@description('Id of the identity of its jobs.')
param jobIdentityId string

@description('Storage account of its own.')
param storageId string

@description('Key vault of its own.')
param vaultId string

@description('Container registry.')
param registryId string

@description('Application Insights.')
param insightsId string

@description('Storage account with the data versions, and the container.')
param data { accountId: string, accountName: string, container: string }

@description('Registry of Azure ML that jobs and endpoints reach; none: there is none.')
param mlRegistryId string?

@description('Container of outputs, in the storage account of the workspace.')
param mlContainer string

@description('Size of the nodes of the cluster.')
param vmSize string

@description('Most nodes of the cluster; it goes down to none.')
param maxNodes int

@description('Id of a Kubernetes cluster to attach as compute `kubernetes`; none: there is none.')
param kubernetesId string?

@description('The data is of high business impact: Microsoft collects less about it. Cannot be changed later.')
param isHighImpact bool

@description('Where its private endpoint goes; none: the public network reaches it, with an identity only.')
param network PrivateNetwork?

@description('Log Analytics workspace of the logs.')
param logsId string

@description('Who has which role.')
param assignments Assignment[]

var isPrivate = network != null
var clusterName = 'cpu'

resource workspace 'Microsoft.MachineLearningServices/workspaces@2026-05-01' = {
  name: name
  location: location
  tags: tags
  kind: 'Default'
  sku: { name: 'Basic', tier: 'Basic' }
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    friendlyName: name
    primaryUserAssignedIdentity: identityId
    storageAccount: storageId
    keyVault: vaultId
    containerRegistry: registryId
    applicationInsights: insightsId
    systemDatastoresAuthMode: 'Identity'
    hbiWorkspace: isHighImpact
    v1LegacyMode: false
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    imageBuildCompute: clusterName
    managedNetwork: { isolationMode: isPrivate ? 'AllowOnlyApprovedOutbound' : 'Disabled' }
    provisionNetworkNow: isPrivate
  }

  @description('Jobs read data versions over a private endpoint; nothing else outside is reached.')
  resource toData 'outboundRules' = if (isPrivate) {
    name: 'data'
    properties: {
      type: 'PrivateEndpoint'
      category: 'UserDefined'
      destination: { serviceResourceId: data.accountId, subresourceTarget: 'blob', sparkEnabled: false }
    }
  }

  @description('Models and environments of the registry come over a private endpoint, too.')
  resource toRegistry 'outboundRules' = if (isPrivate && mlRegistryId != null) {
    name: 'registry'
    properties: {
      type: 'PrivateEndpoint'
      category: 'UserDefined'
      destination: { serviceResourceId: mlRegistryId, subresourceTarget: 'amlregistry', sparkEnabled: false }
    }
  }

  resource cluster 'computes' = {
    name: clusterName
    location: location
    tags: tags
    identity: { type: 'UserAssigned', userAssignedIdentities: { '${jobIdentityId}': {} } }
    properties: {
      computeType: 'AmlCompute'
      disableLocalAuth: true
      properties: {
        vmSize: vmSize
        vmPriority: 'Dedicated'
        osType: 'Linux'
        scaleSettings: { minNodeCount: 0, maxNodeCount: maxNodes, nodeIdleTimeBeforeScaleDown: 'PT5M' }
        remoteLoginPortPublicAccess: 'Disabled'
        enableNodePublicIp: false
      }
    }
  }

  resource kubernetes 'computes' = if (kubernetesId != null) {
    name: 'kubernetes'
    location: location
    tags: tags
    identity: { type: 'UserAssigned', userAssignedIdentities: { '${jobIdentityId}': {} } }
    properties: {
      computeType: 'Kubernetes'
      disableLocalAuth: true
      resourceId: kubernetesId
      properties: { namespace: 'whence' }
    }
  }

  resource versions 'datastores' = {
    name: 'whence_data'
    properties: {
      datastoreType: 'AzureBlob'
      accountName: data.accountName
      containerName: data.container
      credentials: { credentialsType: 'None' }
      serviceDataAccessAuthIdentity: 'WorkspaceUserAssignedIdentity'
    }
  }
}

resource outputs 'Microsoft.MachineLearningServices/workspaces/datastores@2026-05-01' = {
  parent: workspace
  name: 'whence_ml'
  properties: {
    datastoreType: 'AzureBlob'
    accountName: last(split(storageId, '/'))
    containerName: mlContainer
    credentials: { credentialsType: 'None' }
    serviceDataAccessAuthIdentity: 'WorkspaceUserAssignedIdentity'
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: workspace
  name: 'logs'
  properties: {
    workspaceId: logsId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in assignments: {
    scope: workspace
    name: guid(workspace.id, one.principalId, one.roleId)
    properties: {
      principalId: one.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', one.roleId)
    }
  }
]

module endpoint '../network/private-endpoint.bicep' = if (isPrivate) {
  name: 'pe-${name}'
  params: {
    location: location
    tags: tags
    targetName: name
    targetId: workspace.id
    groupId: 'amlworkspace'
    network: network!
  }
}

@description('Id of the workspace.')
output id string = workspace.id

@description('Name of the workspace.')
output name string = workspace.name
