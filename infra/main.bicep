// Whence in a subscription: a resource group, a network that data cannot leave, and everything that the app stands on.
targetScope = 'subscription'

import { CiIssuer, JobPolicies, Stage, StageProfile, Tags } from 'modules/types.bicep'

@description('Name of the environment, as azd knows it; it joins every name.')
@minLength(2)
@maxLength(20)
param environmentName string

@description('Stage that the environment is.')
param stage Stage

@description('Who deploys. `owner`: somebody who may define and hand out roles in the subscription; at first, and whenever roles change. `delivery`: the identity `infra`, which may not, and leaves these as they are.')
@allowed(['owner', 'delivery'])
param deployedBy string = 'owner'

@description('Region of everything.')
@allowed([
  'westeurope'
  'northeurope'
  'swedencentral'
  'germanywestcentral'
  'francecentral'
  'uksouth'
  'eastus2'
  'westus3'
])
param location string

@description('`private`: no public network reaches anything, but for trusted services of Azure, which reach Service Bus and the account of undelivered events. `minimal`: to try it out; docs/infra.md says what it gives up.')
@allowed(['private', 'minimal'])
param profile string = 'private'

@description('Where orchestrations live.')
@allowed(['durableTaskScheduler', 'azureStorage'])
param durableBackend string = 'durableTaskScheduler'

@description('Team that answers for the environment.')
param owner string

@description('How much the data must be guarded.')
@allowed(['general', 'confidential', 'highly-confidential'])
param dataClassification string = 'confidential'

@description('Client id of the app registration of the API.')
param apiClientId string

@description('Client ids of applications that may call the API, and object ids of groups whose members may.')
param callers { applications: string[], groups: string[] }

@description('Object ids of groups of people; none: nobody.')
param people { operators: string?, readers: string?, uploaders: string?, dataScientists: string? } = {}

@description('Exact subjects of the OIDC tokens of delivery pipelines, by work; none: nothing is delivered from outside.')
param delivery { issuer: string, infra: string, app: string, plan: string }?

@description('CI systems whose tokens verify a publication; none: published versions are `claimed`.')
param ciIssuers CiIssuer[] = []

@description('What the template does not set of the stage profile by itself; none: as docs/stage-profile.md says.')
param stageProfile StageProfile = {}

@description('Address space of the network.')
param addressPrefix string = '10.40.0.0/24'

@description('What may run in the subnet of the delivery agents.')
@allowed(['none', 'GitHub.Network/networkSettings', 'Microsoft.DevOpsInfrastructure/pools'])
param agents string = 'none'

@description('Address prefixes that delivery agents may reach besides Azure.')
param agentEgress string[] = []

@description('Redundancy of storage.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param storageSku string

@description('Resources are in more than one zone, keys in hardware, and data is locked against deletion.')
param isHardened bool

@description('Days that logs are kept.')
@minValue(90)
param logRetentionDays int

@description('Days in which evidence cannot be changed or deleted.')
@minValue(1)
param evidenceDays int

@description('Region of a second copy of the logs; none: there is one.')
param logReplicaLocation string?

@description('Function app: memory of an instance, most instances, and instances for orchestrations that are always there.')
param functionScale { memoryMb: 512 | 2048 | 4096, maxInstances: int, alwaysReady: int }

@description('Cluster of training jobs: size and number of nodes.')
param cluster { vmSize: string, maxNodes: int }

@description('Id of a Kubernetes cluster to attach as compute: AKS, or one of Azure Arc whose roles and extension somebody made by hand; none: there is none.')
param kubernetesId string?

@description('Extension of Azure ML to install on that cluster, with the TLS secret (in the namespace `azureml`) and host name of its endpoints; none: the cluster has it.')
param kubernetesServing { tlsSecret: string, tlsName: string }?

@description('There is a registry of Azure ML, which jobs and endpoints may use.')
param hasMlRegistry bool = false

@description('What built-in policies of Azure limit jobs to; none: the stage profile alone limits them.')
param jobPolicies JobPolicies?

@description('Plans of Defender for Cloud to turn on for the whole subscription.')
param defenderPlans ('Arm' | 'AppServices' | 'KeyVaults' | 'StorageAccounts')[] = []

@description('Moment (seconds since 1970) after which the first version of the signing key signs no more.')
param signingKeyExpires int

@description('Who is told of alerts.')
param alertEmails string[]

@description('Most bytes that leave the data account in an hour before somebody is told.')
@minValue(1)
param egressBytes int = 500000000000

@description('Budget of a month, and who is told of it; none: there is none.')
param budget { amount: int, startDate: string, emails: string[] }?

var roles = loadJsonContent('modules/identity/roles.json')
var token = uniqueString(subscription().id, environmentName, location)
var suffix = '${environmentName}-${take(token, 5)}'
var isPrivate = profile == 'private'
var isOwner = deployedBy == 'owner'
var grantsDelivery = isOwner && delivery != null
var isScheduled = durableBackend == 'durableTaskScheduler'
var hubName = 'WhenceHub'
var containers = {
  landing: 'landing'
  versions: 'data-versions'
  state: 'whence-state'
  ml: 'whence-ml'
  code: 'whence-code'
  artifacts: 'azureml'
  evidence: 'evidence'
  package: 'app-package'
  undelivered: 'undelivered'
}
var tags Tags = {
  'azd-env-name': environmentName
  environment: stage
  'data-classification': dataClassification
  owner: owner
}

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-whence-${environmentName}'
  location: location
  tags: tags
}

module identities 'modules/identity/identities.bicep' = {
  scope: group
  params: { location: location, tags: tags, suffix: suffix }
}

module customRoles 'modules/identity/custom-roles.bicep' = {
  scope: group
  params: { isWritten: isOwner }
}

module logs 'modules/observability/logs.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    suffix: suffix
    retentionDays: logRetentionDays
    isPrivate: isPrivate
    replicaLocation: logReplicaLocation
    assignments: [
      { principalId: identities.outputs.function.principalId, roleId: roles['Monitoring Metrics Publisher'] }
      { principalId: identities.outputs.workspace.principalId, roleId: roles.Contributor }
    ]
  }
}

module network 'modules/network/network.bicep' = if (isPrivate) {
  scope: group
  params: {
    location: location
    tags: tags
    suffix: suffix
    addressPrefix: addressPrefix
    agents: agents
    agentEgress: agentEgress
    logsId: logs.outputs.logsId
  }
}

module dns 'modules/network/dns.bicep' = if (isPrivate) {
  scope: group
  params: { tags: tags, networkId: network!.outputs.networkId }
}

var privateNetwork = isPrivate ? { subnetId: network!.outputs.endpointSubnetId, zones: dns!.outputs.zones } : null

module monitorScope 'modules/observability/private-link-scope.bicep' = if (isPrivate) {
  scope: group
  params: {
    location: location
    tags: tags
    suffix: suffix
    logsId: logs.outputs.logsId
    insightsId: logs.outputs.insightsId
    network: privateNetwork!
  }
}

module hostStorage 'modules/storage/account.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: 'sthost${token}'
    role: 'host'
    sku: storageSku
    containers: [containers.package]
    services: isScheduled ? ['table'] : ['queue', 'table']
    network: privateNetwork
    logsId: logs.outputs.logsId
    assignments: concat(
      [
        { principalId: identities.outputs.function.principalId, roleId: roles['Storage Blob Data Owner'] }
        { principalId: identities.outputs.function.principalId, roleId: roles['Storage Table Data Contributor'] }
        {
          principalId: identities.outputs.app.principalId
          roleId: roles['Storage Blob Data Contributor']
          part: containers.package
        }
      ],
      isScheduled
        ? []
        : [{ principalId: identities.outputs.function.principalId, roleId: roles['Storage Queue Data Contributor'] }]
    )
  }
}

module dataStorage 'modules/storage/account.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: 'stdata${token}'
    role: 'data'
    sku: storageSku
    containers: [containers.landing, containers.versions, containers.state]
    keepsVersions: true
    scansUploads: isHardened
    isLocked: isHardened
    network: privateNetwork
    logsId: logs.outputs.logsId
    assignments: concat(
      [
        {
          principalId: identities.outputs.function.principalId
          roleId: roles['Storage Blob Data Reader']
          part: containers.landing
        }
        {
          principalId: identities.outputs.function.principalId
          roleId: customRoles.outputs.blobAdderId
          part: containers.versions
        }
        {
          principalId: identities.outputs.function.principalId
          roleId: customRoles.outputs.blobAdderId
          part: containers.state
        }
        {
          principalId: identities.outputs.job.principalId
          roleId: roles['Storage Blob Data Reader']
          part: containers.versions
        }
        // Its managed network reaches the account over a private endpoint that it approves itself.
        {
          principalId: identities.outputs.workspace.principalId
          roleId: roles['Azure AI Enterprise Network Connection Approver']
        }
      ],
      people.?uploaders == null
        ? []
        : [
            {
              principalId: people.uploaders!
              principalType: 'Group'
              roleId: customRoles.outputs.blobWriterId
              part: containers.landing
            }
          ]
    )
  }
}

module evidenceStorage 'modules/storage/account.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: 'stproof${token}'
    role: 'evidence'
    sku: storageSku
    containers: [containers.evidence]
    keepsVersions: true
    immutableDays: evidenceDays
    isLocked: isHardened
    network: privateNetwork
    logsId: logs.outputs.logsId
    assignments: [
      {
        principalId: identities.outputs.evidence.principalId
        roleId: customRoles.outputs.blobAdderId
        part: containers.evidence
      }
      {
        principalId: identities.outputs.function.principalId
        roleId: roles['Storage Blob Data Reader']
        part: containers.evidence
      }
    ]
  }
}

module mlStorage 'modules/storage/account.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: 'staml${token}'
    role: 'aml'
    sku: storageSku
    containers: [containers.ml, containers.code, containers.artifacts]
    services: ['file']
    network: privateNetwork
    logsId: logs.outputs.logsId
    assignments: [
      { principalId: identities.outputs.workspace.principalId, roleId: roles.Contributor }
      { principalId: identities.outputs.workspace.principalId, roleId: roles['Storage Blob Data Contributor'] }
      {
        principalId: identities.outputs.workspace.principalId
        roleId: roles['Storage File Data Privileged Contributor']
      }
      // What runs is what was published: jobs write to `ml`, and only the app adds to `code`.
      {
        principalId: identities.outputs.function.principalId
        roleId: customRoles.outputs.blobAdderId
        part: containers.code
      }
      {
        principalId: identities.outputs.job.principalId
        roleId: roles['Storage Blob Data Reader']
        part: containers.code
      }
      {
        principalId: identities.outputs.endpoint.principalId
        roleId: roles['Storage Blob Data Reader']
        part: containers.code
      }
      {
        principalId: identities.outputs.function.principalId
        roleId: roles['Storage Blob Data Reader']
        part: containers.ml
      }
      {
        principalId: identities.outputs.function.principalId
        roleId: roles['Storage Blob Data Reader']
        part: containers.artifacts
      }
      {
        principalId: identities.outputs.job.principalId
        roleId: roles['Storage Blob Data Contributor']
        part: containers.ml
      }
      {
        principalId: identities.outputs.job.principalId
        roleId: roles['Storage Blob Data Contributor']
        part: containers.artifacts
      }
      {
        principalId: identities.outputs.endpoint.principalId
        roleId: roles['Storage Blob Data Reader']
        part: containers.ml
      }
    ]
  }
}

module mlVault 'modules/secrets/key-vault.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: 'kvml${token}'
    isHardware: false
    isLocked: false
    network: privateNetwork
    logsId: logs.outputs.logsId
    assignments: [
      { principalId: identities.outputs.workspace.principalId, roleId: roles.Contributor }
      { principalId: identities.outputs.workspace.principalId, roleId: roles['Key Vault Administrator'] }
    ]
  }
}

module signingVault 'modules/secrets/key-vault.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: 'kvsign${token}'
    isHardware: isHardened
    signingKey: 'attestation'
    signingKeyExpires: signingKeyExpires
    isLocked: isHardened
    network: privateNetwork
    logsId: logs.outputs.logsId
    assignments: [
      {
        principalId: identities.outputs.evidence.principalId
        roleId: roles['Key Vault Crypto User']
        part: 'attestation'
      }
    ]
  }
}

module images 'modules/images/container-registry.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: 'cr${token}'
    isZoneRedundant: isHardened
    network: privateNetwork
    logsId: logs.outputs.logsId
    assignments: [
      { principalId: identities.outputs.workspace.principalId, roleId: roles.Contributor }
      { principalId: identities.outputs.job.principalId, roleId: roles.AcrPull }
      { principalId: identities.outputs.endpoint.principalId, roleId: roles.AcrPull }
    ]
  }
}

module mlRegistry 'modules/learning/registry.bicep' = if (hasMlRegistry) {
  scope: group
  params: {
    location: location
    tags: tags
    name: 'mlr-${suffix}'
    sku: storageSku
    network: privateNetwork
    assignments: [
      { principalId: identities.outputs.function.principalId, roleId: customRoles.outputs.registryReaderId }
      {
        principalId: identities.outputs.workspace.principalId
        roleId: roles['Azure AI Enterprise Network Connection Approver']
      }
    ]
  }
}

var clusterParts = split(kubernetesId ?? '/subscriptions/${subscription().subscriptionId}/resourceGroups/none', '/')

module kubernetesCluster 'modules/learning/kubernetes-cluster.bicep' = if (isOwner && contains(
  toLower(kubernetesId ?? ''),
  '/managedclusters/'
)) {
  scope: resourceGroup(clusterParts[2], clusterParts[4])
  params: {
    clusterName: last(clusterParts)
    workspaceId: identities.outputs.workspace.principalId
    serving: kubernetesServing
  }
}

module workspace 'modules/learning/workspace.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: 'mlw-${suffix}'
    identityId: identities.outputs.workspace.id
    jobIdentityId: identities.outputs.job.id
    storageId: mlStorage.outputs.id
    vaultId: mlVault.outputs.id
    registryId: images.outputs.id
    insightsId: logs.outputs.insightsId
    data: {
      accountId: dataStorage.outputs.id
      accountName: dataStorage.outputs.name
      container: containers.versions
    }
    mlContainer: containers.ml
    vmSize: cluster.vmSize
    maxNodes: cluster.maxNodes
    kubernetesId: kubernetesId
    mlRegistryId: hasMlRegistry ? mlRegistry!.outputs.id : null
    isHighImpact: dataClassification == 'highly-confidential'
    network: privateNetwork
    logsId: logs.outputs.logsId
    assignments: [
      { principalId: identities.outputs.workspace.principalId, roleId: roles.Contributor }
      { principalId: identities.outputs.function.principalId, roleId: customRoles.outputs.orchestratorId }
      { principalId: identities.outputs.job.principalId, roleId: roles['AzureML Metrics Writer'] }
      { principalId: identities.outputs.endpoint.principalId, roleId: roles['AzureML Metrics Writer'] }
    ]
  }
  dependsOn: [kubernetesCluster]
}

module policies 'modules/governance/policies.bicep' = if (isOwner) {
  scope: group
  params: {
    workspaceName: workspace.outputs.name
    isPrivate: isPrivate
    mlRegistryName: hasMlRegistry ? mlRegistry!.outputs.name : null
    imageHosts: imageHosts
    jobs: jobPolicies
  }
}

module defender 'modules/governance/defender.bicep' = if (isOwner && !empty(defenderPlans)) {
  params: { plans: defenderPlans }
}

@description('The app attaches these identities to the jobs and endpoints that it makes.')
module jobOperator 'modules/identity/operator-role.bicep' = {
  scope: group
  params: {
    identityName: identities.outputs.job.name
    assignments: [
      { principalId: identities.outputs.function.principalId, roleId: roles['Managed Identity Operator'] }
    ]
  }
}

module endpointOperator 'modules/identity/operator-role.bicep' = {
  scope: group
  params: {
    identityName: identities.outputs.endpoint.name
    assignments: [
      { principalId: identities.outputs.function.principalId, roleId: roles['Managed Identity Operator'] }
    ]
  }
}

module dataTopic 'modules/messaging/system-topic.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: 'evgt-data-${suffix}'
    sourceId: dataStorage.outputs.id
    topicType: 'Microsoft.Storage.StorageAccounts'
    logsId: logs.outputs.logsId
  }
}

module mlTopic 'modules/messaging/system-topic.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: 'evgt-ml-${suffix}'
    sourceId: workspace.outputs.id
    topicType: 'Microsoft.MachineLearningServices.Workspaces'
    logsId: logs.outputs.logsId
  }
}

module undelivered 'modules/storage/account.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: 'stdead${token}'
    role: 'deadletter'
    sku: storageSku
    containers: [containers.undelivered]
    letsTrustedServicesIn: true
    network: privateNetwork
    logsId: logs.outputs.logsId
    assignments: [
      {
        principalId: dataTopic.outputs.principalId
        roleId: roles['Storage Blob Data Contributor']
        part: containers.undelivered
      }
      {
        principalId: mlTopic.outputs.principalId
        roleId: roles['Storage Blob Data Contributor']
        part: containers.undelivered
      }
    ]
  }
}

module bus 'modules/messaging/service-bus.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: 'sb-${suffix}'
    network: privateNetwork
    logsId: logs.outputs.logsId
    assignments: [
      {
        principalId: identities.outputs.function.principalId
        roleId: roles['Azure Service Bus Data Receiver']
        part: 'data-events'
      }
      {
        principalId: identities.outputs.function.principalId
        roleId: roles['Azure Service Bus Data Receiver']
        part: 'ml-events'
      }
      {
        principalId: identities.outputs.function.principalId
        roleId: roles['Azure Service Bus Data Sender']
        part: 'quarantine'
      }
      {
        principalId: identities.outputs.function.principalId
        roleId: roles['Azure Service Bus Data Sender']
        part: 'pipeline-events'
      }
      {
        principalId: dataTopic.outputs.principalId
        roleId: roles['Azure Service Bus Data Sender']
        part: 'data-events'
      }
      {
        principalId: mlTopic.outputs.principalId
        roleId: roles['Azure Service Bus Data Sender']
        part: 'ml-events'
      }
    ]
  }
}

module dataSubscription 'modules/messaging/subscription.bicep' = {
  scope: group
  params: {
    topicName: dataTopic.outputs.name
    eventTypes: ['Microsoft.Storage.BlobCreated']
    subjectBeginsWith: '/blobServices/default/containers/${containers.landing}/'
    queueId: '${bus.outputs.id}/queues/data-events'
    deadLetterAccountId: undelivered.outputs.id
    deadLetterContainer: containers.undelivered
  }
}

module mlSubscription 'modules/messaging/subscription.bicep' = {
  scope: group
  params: {
    topicName: mlTopic.outputs.name
    eventTypes: [
      'Microsoft.MachineLearningServices.RunCompleted'
      'Microsoft.MachineLearningServices.RunStatusChanged'
    ]
    queueId: '${bus.outputs.id}/queues/ml-events'
    deadLetterAccountId: undelivered.outputs.id
    deadLetterContainer: containers.undelivered
  }
}

module flowLogs 'modules/network/flow-logs.bicep' = if (isPrivate) {
  scope: resourceGroup('NetworkWatcherRG')
  params: {
    location: location
    tags: tags
    networkId: network!.outputs.networkId
    storageId: undelivered.outputs.id
    logsId: logs.outputs.logsId
  }
}

module scheduler 'modules/orchestration/durable-task.bicep' = if (isScheduled) {
  scope: group
  params: {
    location: location
    tags: tags
    name: 'dts-${suffix}'
    hubName: hubName
    network: privateNetwork
    assignments: [
      { principalId: identities.outputs.function.principalId, roleId: roles['Durable Task Data Contributor'] }
    ]
  }
}

var identity = identities.outputs.function.clientId
var prices = toObject(items(stageProfile.?pricePerNodeHour ?? {}), one => one.key, one => json(one.value))
var imageHosts = ['mcr.microsoft.com', images.outputs.loginServer]

module functionApp 'modules/orchestration/function-app.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    suffix: suffix
    identityId: identities.outputs.function.id
    packageUrl: '${hostStorage.outputs.blobUrl}${containers.package}'
    memoryMb: functionScale.memoryMb
    maxInstances: functionScale.maxInstances
    alwaysReady: functionScale.alwaysReady
    isZoneRedundant: isHardened
    tenantId: tenant().tenantId
    apiClientId: apiClientId
    callers: callers
    subnetId: isPrivate ? network!.outputs.functionSubnetId : null
    network: privateNetwork
    logsId: logs.outputs.logsId
    assignments: [{ principalId: identities.outputs.app.principalId, roleId: roles['Website Contributor'] }]
    settings: union(
      {
        AzureWebJobsStorage__blobServiceUri: hostStorage.outputs.blobUrl
        AzureWebJobsStorage__queueServiceUri: hostStorage.outputs.queueUrl
        AzureWebJobsStorage__tableServiceUri: hostStorage.outputs.tableUrl
        AzureWebJobsStorage__credential: 'managedidentity'
        AzureWebJobsStorage__clientId: identity
        ServiceBusConnection__fullyQualifiedNamespace: bus.outputs.host
        ServiceBusConnection__credential: 'managedidentity'
        ServiceBusConnection__clientId: identity
        APPLICATIONINSIGHTS_CONNECTION_STRING: logs.outputs.connectionString
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity};Authorization=AAD'
        APPLICATION_INSIGHTS_NO_STATSBEAT: 'true'
        TASKHUB_NAME: hubName
        OTEL_METRIC_EXPORT_INTERVAL: '60000'
        WHENCE_STAGE: stage
        WHENCE_IDENTITY_CLIENT_ID: identity
        WHENCE_DATA_ACCOUNT_ID: dataStorage.outputs.id
        WHENCE_DATA_BLOB_URL: dataStorage.outputs.blobUrl
        WHENCE_ML_BLOB_URL: mlStorage.outputs.blobUrl
        WHENCE_TABLE_URL: hostStorage.outputs.tableUrl
        WHENCE_LANDING_CONTAINER: containers.landing
        WHENCE_VERSIONS_CONTAINER: containers.versions
        WHENCE_STATE_CONTAINER: containers.state
        WHENCE_ML_CONTAINER: containers.ml
        WHENCE_CODE_CONTAINER: containers.code
        WHENCE_ML_ARTIFACTS_CONTAINER: containers.artifacts
        WHENCE_DATA_DATASTORE: 'whence_data'
        WHENCE_ML_DATASTORE: 'whence_ml'
        WHENCE_AZURE_ML_URL: endsWith(environment().resourceManager, '/')
          ? take(environment().resourceManager, length(environment().resourceManager) - 1)
          : environment().resourceManager
        WHENCE_AZURE_ML_WORKSPACE_ID: workspace.outputs.id
        WHENCE_AZURE_ML_LOCATION: location
        WHENCE_AZURE_ML_API_VERSION: '2024-10-01'
        WHENCE_AUTH_ISSUER: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        WHENCE_AUTH_AUDIENCE: apiClientId
        WHENCE_AUTH_TENANT: tenant().tenantId
        WHENCE_STAGE_PROFILE: string(union(stageProfile, { pricePerNodeHour: prices }, {
          endpointAuthentication: 'AADToken'
          endpointIdentity: identities.outputs.endpoint.id
          publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
          images: map(imageHosts, host => '${host}/')
          registries: concat(['azureml'], hasMlRegistry ? [mlRegistry!.outputs.name] : [])
          ciIssuers: ciIssuers
        }))
        WHENCE_RECONCILE_SCHEDULE: '0 */5 * * * *'
      },
      isScheduled
        ? {
            AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
            AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
            DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${scheduler!.outputs.endpoint};TaskHub=${hubName};Authentication=ManagedIdentity;ClientID=${identity}'
          }
        : {}
    )
  }
}

module groupRoles 'modules/identity/group-roles.bicep' = {
  scope: group
  params: {
    assignments: concat(
      people.?operators == null
        ? []
        : [
            { principalId: people.operators!, principalType: 'Group', roleId: roles.Reader }
            { principalId: people.operators!, principalType: 'Group', roleId: roles['Log Analytics Reader'] }
          ],
      people.?readers == null
        ? []
        : [{ principalId: people.readers!, principalType: 'Group', roleId: roles['Monitoring Reader'] }],
      people.?dataScientists == null || stage != 'dev'
        ? []
        : [{ principalId: people.dataScientists!, principalType: 'Group', roleId: roles['AzureML Data Scientist'] }]
    )
  }
}

module deliveryInGroup 'modules/identity/delivery-in-group.bicep' = if (grantsDelivery) {
  scope: group
  params: {
    infraId: identities.outputs.infra.principalId
    planId: identities.outputs.plan.principalId
    identityRoleIds: [
      customRoles.outputs.orchestratorId
      customRoles.outputs.blobAdderId
      customRoles.outputs.registryReaderId
    ]
    groupRoleIds: [customRoles.outputs.blobWriterId]
  }
}

module deliveryInSubscription 'modules/identity/delivery-in-subscription.bicep' = if (grantsDelivery) {
  params: {
    groupName: group.name
    infraId: identities.outputs.infra.principalId
    planId: identities.outputs.plan.principalId
    isPrivate: isPrivate
  }
}

module flowLogRole 'modules/network/flow-log-role.bicep' = if (grantsDelivery && isPrivate) {
  scope: resourceGroup('NetworkWatcherRG')
  params: { groupName: group.name, infraId: identities.outputs.infra.principalId }
}

module federations 'modules/identity/federation.bicep' = [
  for work in (delivery == null ? [] : ['infra', 'app', 'plan']): {
    name: 'federation-${work}'
    scope: group
    params: {
      identityName: 'id-${work}-${suffix}'
      issuer: delivery!.issuer
      subject: delivery![work]
    }
    dependsOn: [identities]
  }
]

module alerts 'modules/observability/alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    suffix: suffix
    emails: alertEmails
    busId: bus.outputs.id
    topicIds: [dataTopic.outputs.id, mlTopic.outputs.id]
    vaultIds: [mlVault.outputs.id, signingVault.outputs.id]
    dataAccountId: dataStorage.outputs.id
    egressBytes: egressBytes
    logsId: logs.outputs.logsId
  }
}

module workbook 'modules/observability/workbook.bicep' = {
  scope: group
  params: { location: location, tags: tags, suffix: suffix, logsId: logs.outputs.logsId }
}

module spending 'modules/observability/budget.bicep' = if (budget != null) {
  scope: group
  params: { amount: budget!.amount, startDate: budget!.startDate, emails: budget!.emails }
}

@description('Resource group of everything.')
output AZURE_RESOURCE_GROUP string = group.name

@description('The function app.')
output WHENCE_FUNCTION_APP string = functionApp.outputs.name

@description('Address of the API.')
output WHENCE_URL string = functionApp.outputs.url

@description('Where new data lands.')
output WHENCE_LANDING_URL string = '${dataStorage.outputs.blobUrl}${containers.landing}'

@description('The Azure ML workspace.')
output WHENCE_AZURE_ML_WORKSPACE_ID string = workspace.outputs.id
