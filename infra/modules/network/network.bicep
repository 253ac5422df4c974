// The network that data cannot leave: no subnet reaches the internet, and each reaches only what it needs.
import { Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('End of every name.')
param suffix string

@description('Address space of the network, at least /24.')
param addressPrefix string

@description('What may run in the subnet of the delivery agents; none: nothing is delegated.')
@allowed(['none', 'GitHub.Network/networkSettings', 'Microsoft.DevOpsInfrastructure/pools'])
param agents string

@description('Address prefixes that delivery agents may reach on port 443 besides Azure: those of their service.')
param agentEgress string[]

@description('Log Analytics workspace of the diagnostics.')
param logsId string

@description('Denied in every subnet, in both directions.')
var denied = [
  {
    name: 'deny-remote-shells'
    properties: {
      priority: 200
      direction: 'Outbound'
      access: 'Deny'
      protocol: 'Tcp'
      sourceAddressPrefix: '*'
      sourcePortRange: '*'
      destinationAddressPrefix: '*'
      destinationPortRanges: ['22', '3389']
    }
  }
  {
    name: 'deny-internet'
    properties: {
      priority: 4096
      direction: 'Outbound'
      access: 'Deny'
      protocol: '*'
      sourceAddressPrefix: '*'
      sourcePortRange: '*'
      destinationAddressPrefix: 'Internet'
      destinationPortRange: '*'
    }
  }
  {
    name: 'deny-inbound'
    properties: {
      priority: 4096
      direction: 'Inbound'
      access: 'Deny'
      protocol: '*'
      sourceAddressPrefix: 'Internet'
      sourcePortRange: '*'
      destinationAddressPrefix: '*'
      destinationPortRange: '*'
    }
  }
]

@description('To the private endpoints: HTTPS, and AMQP over TLS for Service Bus.')
var toNetwork = {
  name: 'allow-network'
  properties: {
    priority: 300
    direction: 'Outbound'
    access: 'Allow'
    protocol: 'Tcp'
    sourceAddressPrefix: 'VirtualNetwork'
    sourcePortRange: '*'
    destinationAddressPrefix: 'VirtualNetwork'
    destinationPortRanges: ['443', '5671']
  }
}

var toEntra = {
  name: 'allow-entra'
  properties: {
    priority: 310
    direction: 'Outbound'
    access: 'Allow'
    protocol: 'Tcp'
    sourceAddressPrefix: 'VirtualNetwork'
    sourcePortRange: '*'
    destinationAddressPrefix: 'AzureActiveDirectory'
    destinationPortRange: '443'
  }
}

var toResourceManager = {
  name: 'allow-resource-manager'
  properties: {
    priority: 320
    direction: 'Outbound'
    access: 'Allow'
    protocol: 'Tcp'
    sourceAddressPrefix: 'VirtualNetwork'
    sourcePortRange: '*'
    destinationAddressPrefix: 'AzureResourceManager'
    destinationPortRange: '443'
  }
}

var toDelivery = {
  name: 'allow-delivery'
  properties: {
    priority: 330
    direction: 'Outbound'
    access: 'Allow'
    protocol: 'Tcp'
    sourceAddressPrefix: 'VirtualNetwork'
    sourcePortRange: '*'
    destinationAddressPrefixes: agentEgress
    destinationPortRange: '443'
  }
}

resource functionRules 'Microsoft.Network/networkSecurityGroups@2025-09-01' = {
  name: 'nsg-function-${suffix}'
  location: location
  tags: tags
  properties: { securityRules: concat([toNetwork, toEntra, toResourceManager], denied) }
}

resource endpointRules 'Microsoft.Network/networkSecurityGroups@2025-09-01' = {
  name: 'nsg-endpoints-${suffix}'
  location: location
  tags: tags
  properties: { securityRules: denied }
}

resource agentRules 'Microsoft.Network/networkSecurityGroups@2025-09-01' = {
  name: 'nsg-agents-${suffix}'
  location: location
  tags: tags
  properties: {
    securityRules: concat([toNetwork, toEntra, toResourceManager], empty(agentEgress) ? [] : [toDelivery], denied)
  }
}

resource functionLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: functionRules
  name: 'logs'
  properties: { workspaceId: logsId, logs: [{ categoryGroup: 'allLogs', enabled: true }] }
}

resource endpointLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: endpointRules
  name: 'logs'
  properties: { workspaceId: logsId, logs: [{ categoryGroup: 'allLogs', enabled: true }] }
}

resource agentLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: agentRules
  name: 'logs'
  properties: { workspaceId: logsId, logs: [{ categoryGroup: 'allLogs', enabled: true }] }
}

resource network 'Microsoft.Network/virtualNetworks@2025-09-01' = {
  name: 'vnet-${suffix}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'function'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          defaultOutboundAccess: false
          networkSecurityGroup: { id: functionRules.id }
          delegations: [
            { name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
          defaultOutboundAccess: false
          networkSecurityGroup: { id: endpointRules.id }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
      {
        name: 'agents'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 2)
          defaultOutboundAccess: false
          networkSecurityGroup: { id: agentRules.id }
          delegations: agents == 'none' ? [] : [{ name: 'agents', properties: { serviceName: agents } }]
        }
      }
    ]
  }

  resource functionSubnet 'subnets' existing = { name: 'function' }
  resource endpointSubnet 'subnets' existing = { name: 'endpoints' }
}

resource networkLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: network
  name: 'logs'
  properties: { workspaceId: logsId, logs: [{ categoryGroup: 'allLogs', enabled: true }] }
}

@description('Id of the network.')
output networkId string = network.id

@description('Subnet of the function app.')
output functionSubnetId string = network::functionSubnet.id

@description('Subnet of the private endpoints.')
output endpointSubnetId string = network::endpointSubnet.id
