// A key vault: keys, never secrets.
import { Assignment, PrivateNetwork, Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Name of the vault: 3 to 24 characters.')
@maxLength(24)
param name string

@description('Keys are in hardware.')
param isHardware bool

@description('Key that signs attestations; none: the vault has no key.')
param signingKey string?

@description('Moment (seconds since 1970) after which the first version of the key signs no more; verifying goes on.')
param signingKeyExpires int = 0

@description('Nobody may delete the vault.')
param isLocked bool

@description('Where its private endpoint goes; none: the public network reaches it, with an identity only.')
param network PrivateNetwork?

@description('Log Analytics workspace of the logs.')
param logsId string

@description('Who has which role; `part` is the key.')
param assignments Assignment[]

var isPrivate = network != null

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: isHardware ? 'premium' : 'standard' }
    enableRbacAuthorization: true
    enablePurgeProtection: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    accessPolicies: []
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: isPrivate ? 'Deny' : 'Allow', bypass: 'None', ipRules: [], virtualNetworkRules: [] }
  }
}

resource key 'Microsoft.KeyVault/vaults/keys@2026-02-01' = if (signingKey != null) {
  parent: vault
  name: signingKey ?? 'none'
  tags: tags
  properties: {
    kty: isHardware ? 'EC-HSM' : 'EC'
    curveName: 'P-256'
    keyOps: ['sign', 'verify']
    attributes: { enabled: true, exp: signingKeyExpires, exportable: false }
    rotationPolicy: {
      attributes: { expiryTime: 'P2Y' }
      lifetimeActions: [
        { action: { type: 'rotate' }, trigger: { timeAfterCreate: 'P1Y' } }
        { action: { type: 'notify' }, trigger: { timeBeforeExpiry: 'P30D' } }
      ]
    }
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'logs'
  properties: {
    workspaceId: logsId
    logs: [{ categoryGroup: 'audit', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (isLocked) {
  scope: vault
  name: 'keep'
  properties: { level: 'CanNotDelete', notes: 'Without the key nothing that it signed can be signed again.' }
}

resource vaultRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in filter(assignments, one => !contains(one, 'part')): {
    scope: vault
    name: guid(vault.id, one.principalId, one.roleId)
    properties: {
      principalId: one.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', one.roleId)
    }
  }
]

resource keyRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in filter(assignments, one => contains(one, 'part')): {
    scope: key
    name: guid(vault.id, one.part!, one.principalId, one.roleId)
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
    targetId: vault.id
    groupId: 'vault'
    network: network!
  }
}

@description('Id of the vault.')
output id string = vault.id

@description('Address of the vault.')
output url string = vault.properties.vaultUri
