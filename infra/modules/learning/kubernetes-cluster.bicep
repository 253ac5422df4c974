// What an AKS cluster needs before a workspace with an identity of its own can attach it. The cluster belongs to somebody
// else, so only an owner writes this. Namespace, TLS secret and instance types are Kubernetes' own: `kubectl` makes them.

@description('Name of the cluster.')
param clusterName string

@description('Object id of the identity of the workspace.')
param workspaceId string

@description('Extension of Azure ML to install, for jobs and online endpoints behind an internal load balancer; none: the cluster has it.')
param serving { tlsSecret: string, tlsName: string }?

var roles = loadJsonContent('../identity/roles.json')
var asked = ['Reader', 'Kubernetes Extension Contributor', 'Azure Kubernetes Service Cluster Admin Role']

resource cluster 'Microsoft.ContainerService/managedClusters@2026-01-01' existing = {
  name: clusterName
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for name in asked: {
    scope: cluster
    name: guid(cluster.id, workspaceId, roles[name])
    properties: {
      principalId: workspaceId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[name])
    }
  }
]

resource extension 'Microsoft.KubernetesConfiguration/extensions@2025-03-01' = if (serving != null) {
  scope: cluster
  name: 'azureml'
  identity: { type: 'SystemAssigned' }
  properties: {
    extensionType: 'Microsoft.AzureML.Kubernetes'
    autoUpgradeMinorVersion: true
    releaseTrain: 'stable'
    scope: { cluster: { releaseNamespace: 'azureml' } }
    configurationSettings: {
      enableTraining: 'True'
      enableInference: 'True'
      allowInsecureConnections: 'False'
      inferenceRouterServiceType: 'LoadBalancer'
      internalLoadBalancerProvider: 'azure'
      sslSecret: serving!.tlsSecret
      sslCname: serving!.tlsName
    }
  }
}
