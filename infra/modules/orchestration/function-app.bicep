// The function app, on Flex Consumption.
import { Assignment, PrivateNetwork, Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('End of every name.')
param suffix string

@description('Id of its only identity.')
param identityId string

@description('App settings by name; none is a secret.')
param settings { *: string }

@description('Container with the package.')
param packageUrl string

@description('Memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param memoryMb int

@description('Most instances.')
@minValue(40)
@maxValue(1000)
param maxInstances int

@description('Instances for orchestrations that are always there.')
param alwaysReady int

@description('Instances are in more than one zone.')
param isZoneRedundant bool

@description('Tenant of the callers.')
param tenantId string

@description('Client id of the app registration of the API.')
param apiClientId string

@description('Client ids of applications that may call, and object ids of groups whose members may.')
param callers { applications: string[], groups: string[] }

@description('Subnet that it goes out by; none: the public network.')
param subnetId string?

@description('Where its private endpoint goes; none: the public network reaches it, with a token only.')
param network PrivateNetwork?

@description('Log Analytics workspace of the logs.')
param logsId string

@description('Who has which role on the app.')
param assignments Assignment[]

var isPrivate = network != null

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${suffix}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true, zoneRedundant: isZoneRedundant }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: 'func-${suffix}'
  location: location
  tags: union(tags, { 'azd-service-name': 'whence' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    clientAffinityEnabled: false
    sshEnabled: false
    virtualNetworkSubnetId: subnetId
    outboundVnetRouting: subnetId == null ? null : { allTraffic: true }
    keyVaultReferenceIdentity: identityId
    functionAppConfig: {
      runtime: { name: 'node', version: '24' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageUrl
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: memoryMb
        maximumInstanceCount: maxInstances
        alwaysReady: alwaysReady == 0 ? [] : [{ name: 'durable', instanceCount: alwaysReady }]
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      remoteDebuggingEnabled: false
    }
  }

  resource appSettings 'config' = { name: 'appsettings', properties: settings }

  resource ftp 'basicPublishingCredentialsPolicies' = { name: 'ftp', properties: { allow: false } }

  resource scm 'basicPublishingCredentialsPolicies' = { name: 'scm', properties: { allow: false } }

  @description('Callers are asked for a token before they reach the code, which asks again.')
  resource authentication 'config' = {
    name: 'authsettingsV2'
    properties: {
      platform: { enabled: true }
      globalValidation: {
        requireAuthentication: true
        unauthenticatedClientAction: 'Return401'
        excludedPaths: ['/api/health']
      }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            openIdIssuer: '${environment().authentication.loginEndpoint}${tenantId}/v2.0'
            clientId: apiClientId
          }
          validation: {
            allowedAudiences: ['api://${apiClientId}']
            defaultAuthorizationPolicy: {
              allowedApplications: callers.applications
              allowedPrincipals: { groups: callers.groups }
            }
            jwtClaimChecks: { allowedGroups: callers.groups }
          }
        }
      }
      login: { tokenStore: { enabled: false } }
      httpSettings: { requireHttps: true }
    }
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: app
  name: 'logs'
  properties: {
    workspaceId: logsId
    logs: [
      { category: 'FunctionAppLogs', enabled: true }
      { category: 'AppServiceAuditLogs', enabled: true }
    ]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in assignments: {
    scope: app
    name: guid(app.id, one.principalId, one.roleId)
    properties: {
      principalId: one.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', one.roleId)
    }
  }
]

module endpoint '../network/private-endpoint.bicep' = if (isPrivate) {
  name: 'pe-${app.name}'
  params: {
    location: location
    tags: tags
    targetName: app.name
    targetId: app.id
    groupId: 'sites'
    network: network!
  }
}

@description('Id of the app.')
output id string = app.id

@description('Name of the app.')
output name string = app.name

@description('Address of the app.')
output url string = 'https://${app.properties.defaultHostName}'
