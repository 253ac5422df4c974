import { each, logged, whole, type Rules } from '../rule.ts';
import { at, listAt, type Json, type Resource, type Template } from '../template.ts';

const networks = 'Network/virtualNetworks';
const groups = 'Network/networkSecurityGroups';
const endpoints = 'Network/privateEndpoints';
const zones = 'Network/privateDnsZones';

const subnetsOf = (template: Template): readonly Resource[] => [
  ...template.of(networks).flatMap((one) => listAt(one, 'properties.subnets') as Resource[]),
  ...template.of(`${networks}/subnets`),
];

interface SecurityRule {
  readonly name: string;
  readonly properties: Json;
}
const rulesOf = (one: Resource): readonly SecurityRule[] => listAt(one, 'properties.securityRules') as SecurityRule[];
const portsOf = ({ properties }: SecurityRule): readonly unknown[] =>
  (properties['destinationPortRanges'] as unknown[] | undefined) ?? [properties['destinationPortRange']];

/** Every subnet must be so. */
const subnets = (holds: (one: Resource) => boolean) =>
  whole((template) =>
    template.of(networks).length === 0
      ? ['no network']
      : subnetsOf(template)
          .filter((one) => !holds(one))
          .map(({ name }) => `subnet ${name}`),
  );

/** Where traffic may go out to, besides prefixes of delivery agents. @source infra-security.md 2.2, X4 */
const allowed = ['VirtualNetwork', 'AzureActiveDirectory', 'AzureResourceManager'];

/** Private DNS zones, no more and no less. @source azure-facts.md 2.8 */
export const goldenZones = [
  /^(\[format\(')?privatelink\.blob\./,
  /^(\[format\(')?privatelink\.queue\./,
  /^(\[format\(')?privatelink\.table\./,
  /^(\[format\(')?privatelink\.file\./,
  /^privatelink\.servicebus\.windows\.net$/,
  /^privatelink\.vaultcore\.azure\.net$/,
  /^privatelink\.azurecr\.io$/,
  /^privatelink\.api\.azureml\.ms$/,
  /^privatelink\.notebooks\.azure\.net$/,
  /^privatelink\.azurewebsites\.net$/,
  /^privatelink\.durabletask\.io$/,
  /^privatelink\.monitor\.azure\.com$/,
  /^privatelink\.oms\.opinsights\.azure\.com$/,
  /^privatelink\.ods\.opinsights\.azure\.com$/,
  /^privatelink\.agentsvc\.azure-automation\.net$/,
];

/** The network. @source infra-checklist.json */
export const networkRules: Rules = {
  NW01: subnets((one) => at(one, 'properties.networkSecurityGroup.id') !== undefined),
  NW02: subnets((one) => at(one, 'properties.defaultOutboundAccess') === false),
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
  NW07: subnets((one) => listAt(one, 'properties.serviceEndpoints').length === 0),
  NW08: (template) =>
    template.of('Network/azureFirewalls').length === 0
      ? 'absent'
      : subnetsOf(template)
          .filter((one) => at(one, 'properties.routeTable.id') === undefined)
          .map(({ name }) => name),
  NW09: each('Network/firewallPolicies', (one) => at(one, 'properties.threatIntelMode') === 'Deny'),
  NW10: whole((template) => {
    const used = new Set(
      template.of(endpoints).map((one) => String(at(one, 'properties.subnet.id')).split('/').at(-1)),
    );
    return subnetsOf(template)
      .filter(({ name }) => used.has(name))
      .filter((one) => at(one, 'properties.privateEndpointNetworkPolicies') !== 'Enabled')
      .map(({ name }) => name);
  }),
  NW11: whole((template) => {
    const flex = subnetsOf(template).filter((one) => JSON.stringify(one).includes('Microsoft.App/environments'));
    const isRight = flex.length === 1 && Number(String(at(flex[0], 'properties.addressPrefix')).split('/')[1]) <= 27;
    return isRight ? [] : ['no subnet of its own for the function app, /27 or larger'];
  }),
  NW12: whole((template) => {
    const names = template.of(zones).map(({ name }) => name);
    const links = template.of(`${zones}/virtualNetworkLinks`);
    return [
      ...goldenZones.filter((zone) => !names.some((name) => zone.test(name))).map((zone) => `no zone ${zone.source}`),
      ...names.filter((name) => !goldenZones.some((zone) => zone.test(name))).map((name) => `zone ${name} is unknown`),
      ...names.filter(
        (name) =>
          !links.some(
            (link) =>
              link.name.includes(name.replaceAll(/^\[|\]$/g, '')) &&
              at(link, 'properties.registrationEnabled') === false,
          ),
      ),
    ];
  }),
  NW13: whole((template) =>
    template
      .of('Network/publicIPAddresses')
      .filter((one) => at(one, 'sku.name') !== 'Standard')
      .map(({ name }) => name),
  ),
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
      at(one, 'properties.manualPrivateLinkServiceConnections') === undefined
    );
  }),
  NW16: each(networks, (one) => {
    const servers = listAt(one, 'properties.dhcpOptions.dnsServers') as unknown[];
    return servers.length !== 1;
  }),
  NW17: logged(groups, []),
};
