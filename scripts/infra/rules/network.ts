import { about, each, logged, type Rules } from '../rule.ts';
import { functionApps, subnetsOf } from '../subjects.ts';
import { at, listAt, type Json, type Resource, type Template } from '../template.ts';

const networks = 'Network/virtualNetworks';
const groups = 'Network/networkSecurityGroups';
const endpoints = 'Network/privateEndpoints';
const zones = 'Network/privateDnsZones';

interface SecurityRule {
  readonly name: string;
  readonly properties: Json;
}
const rulesOf = (one: Resource): readonly SecurityRule[] => listAt(one, 'properties.securityRules') as SecurityRule[];
const portsOf = ({ properties }: SecurityRule): readonly unknown[] =>
  (properties['destinationPortRanges'] as unknown[] | undefined) ?? [properties['destinationPortRange']];

/** Subnets but for some whose names Azure gives. */
const subnetsBut =
  (names: readonly string[]) =>
  (template: Template): readonly Resource[] =>
    subnetsOf(template).filter(({ name }) => !names.includes(name.split('/').at(-1) ?? ''));

/** They may not have a security group. @source PSRule Azure.VNET.UseNSGs */
const unsecured = ['AzureFirewallSubnet', 'AzureFirewallManagementSubnet', 'GatewaySubnet'];
/** A route of theirs to the firewall would cut them off. */
const unrouted = [...unsecured, 'AzureBastionSubnet'];

/** Where traffic may go out to, besides prefixes of delivery agents. @source infra-security.md 2.2, X4 */
const allowed = ['VirtualNetwork', 'AzureActiveDirectory', 'AzureResourceManager'];

/** Private DNS zones, no more and no less. @source azure-facts.md 2.8 */
const goldenZones = [
  'privatelink.blob.core.windows.net',
  'privatelink.queue.core.windows.net',
  'privatelink.table.core.windows.net',
  'privatelink.file.core.windows.net',
  'privatelink.servicebus.windows.net',
  'privatelink.vaultcore.azure.net',
  'privatelink.azurecr.io',
  'privatelink.api.azureml.ms',
  'privatelink.notebooks.azure.net',
  'privatelink.azurewebsites.net',
  'privatelink.durabletask.io',
  'privatelink.monitor.azure.com',
  'privatelink.oms.opinsights.azure.com',
  'privatelink.ods.opinsights.azure.com',
  'privatelink.agentsvc.azure-automation.net',
];

/** The network. @source infra-checklist.json */
export const networkRules: Rules = {
  NW01: each(subnetsBut(unsecured), (one) => at(one, 'properties.networkSecurityGroup.id') !== undefined),
  NW02: each(subnetsOf, (one) => at(one, 'properties.defaultOutboundAccess') === false),
  NW03: each(groups, (one) =>
    rulesOf(one).every(
      ({ properties }) =>
        properties['direction'] !== 'Inbound' ||
        properties['access'] !== 'Allow' ||
        !['*', 'Internet', '0.0.0.0/0'].includes(String(properties['sourceAddressPrefix'])),
    ),
  ),
  NW04: each(groups, (one) => {
    const outbound = rulesOf(one).filter(({ properties }) => properties['direction'] === 'Outbound');
    const deny = outbound.find(
      ({ properties }) => properties['access'] === 'Deny' && properties['destinationAddressPrefix'] === 'Internet',
    );
    const lowest = Math.max(...outbound.map(({ properties }) => Number(properties['priority'])));
    return (
      deny !== undefined &&
      deny.properties['priority'] === lowest &&
      outbound
        .filter(({ properties }) => properties['access'] === 'Allow')
        .every(
          ({ properties }) =>
            allowed.includes(String(properties['destinationAddressPrefix'])) ||
            ((properties['destinationAddressPrefixes'] ?? []) as string[]).every((prefix) =>
              /^[\d.]+\/\d+$/.test(prefix),
            ),
        )
    );
  }),
  NW05: each(groups, (one) =>
    rulesOf(one).some(
      (rule) =>
        rule.properties['direction'] === 'Outbound' &&
        rule.properties['access'] === 'Deny' &&
        ['22', '3389'].every((port) => portsOf(rule).includes(port)),
    ),
  ),
  NW06: each(groups, (one) =>
    rulesOf(one).every(
      ({ properties }) =>
        properties['direction'] !== 'Inbound' ||
        properties['access'] !== 'Deny' ||
        properties['sourceAddressPrefix'] !== '*' ||
        rulesOf(one).some(
          (rule) =>
            rule.properties['sourceAddressPrefix'] === 'AzureLoadBalancer' && rule.properties['access'] === 'Allow',
        ),
    ),
  ),
  NW07: each(subnetsOf, (one) => listAt(one, 'properties.serviceEndpoints').length === 0),
  NW08: each(
    (template) => (template.of('Network/azureFirewalls').length === 0 ? [] : subnetsBut(unrouted)(template)),
    (one) => at(one, 'properties.routeTable.id') !== undefined,
  ),
  NW09: each('Network/firewallPolicies', (one) => at(one, 'properties.threatIntelMode') === 'Deny'),
  NW10: each(
    (template) => {
      const used = new Set(template.of(endpoints).map((one) => at(one, 'properties.subnet.id')));
      return subnetsOf(template).filter(({ id }) => used.has(id));
    },
    (one) => at(one, 'properties.privateEndpointNetworkPolicies') === 'Enabled',
  ),
  NW11: about(
    (template) => (functionApps(template).length > 0 ? subnetsOf(template) : []),
    (all) => {
      const flex = all.filter((one) => JSON.stringify(one).includes('Microsoft.App/environments'));
      const isRight = flex.length === 1 && Number(String(at(flex[0], 'properties.addressPrefix')).split('/')[1]) <= 27;
      return isRight ? [] : ['no subnet of its own for the function app, /27 or larger'];
    },
  ),
  NW12: about(zones, (all, template) => {
    const names = all.map(({ name }) => name);
    const links = template
      .of(`${zones}/virtualNetworkLinks`)
      .filter((link) => at(link, 'properties.registrationEnabled') === false);
    return [
      ...goldenZones.filter((zone) => !names.includes(zone)).map((zone) => `no zone ${zone}`),
      ...names.filter((name) => !goldenZones.includes(name)).map((name) => `zone ${name} is unknown`),
      ...names
        .filter((name) => !links.some((link) => link.name.includes(name)))
        .map((name) => `zone ${name} has no link`),
    ];
  }),
  NW13: each('Network/publicIPAddresses', (one, template) => {
    const users = JSON.stringify([...template.of('Network/azureFirewalls'), ...template.of('Network/natGateways')]);
    return at(one, 'sku.name') === 'Standard' && users.includes(JSON.stringify(one.id));
  }),
  NW14: each(
    'Network/networkWatchers/flowLogs',
    (one) =>
      at(one, 'properties.enabled') === true &&
      at(one, 'properties.retentionPolicy.enabled') === true &&
      Number(at(one, 'properties.retentionPolicy.days')) >= 90,
  ),
  NW15: each(endpoints, (one, template) => {
    const [connection] = listAt(one, 'properties.privateLinkServiceConnections') as Resource[];
    const target = at(connection, 'properties.privateLinkServiceId');
    return (
      template.resources.some(({ id }) => id === target) &&
      template.of(`${endpoints}/privateDnsZoneGroups`).some(({ id }) => id.startsWith(`${one.id}/`)) &&
      listAt(one, 'properties.manualPrivateLinkServiceConnections').length === 0
    );
  }),
  NW16: each(networks, (one) => {
    const servers = listAt(one, 'properties.dhcpOptions.dnsServers') as unknown[];
    return servers.length !== 1;
  }),
  NW17: logged(groups, []),
};
