/** Single rules on tiny templates: forms in which others write what ours says otherwise, and what is not there at all. */
import { describe, expect, test } from 'vitest';

import { score } from '../../scripts/infra/checklist.ts';
import type { Verdict } from '../../scripts/infra/rule.ts';
import { Template } from '../../scripts/infra/template.ts';

const group = '/subscriptions/s/resourceGroups/g/providers';

/** A resource of a snapshot. @param rest - everything but its properties */
const one = (type: string, name: string, properties: unknown = {}, rest: object = {}): object => {
  const [provider, ...types] = `Microsoft.${type}`.split('/');
  const parts = name.split('/').map((part, index) => `${types[index]}/${part}`);
  return { id: `${group}/${provider}/${parts.join('/')}`, type: `Microsoft.${type}`, name, properties, ...rest };
};
const idOf = (type: string, name: string): string => `${group}/Microsoft.${type}/${name}`;

const verdicts = (...predictedResources: readonly object[]): ReadonlyMap<string, Verdict> =>
  score(new Template(JSON.stringify({ predictedResources })));
const verdict = (id: string, ...resources: readonly object[]): Verdict | undefined => verdicts(...resources).get(id);

const endpoint = (target: string, groupId: string, more: object = {}): object =>
  one('Network/privateEndpoints', 'pe', {
    subnet: { id: `${idOf('Network/virtualNetworks', 'net')}/subnets/ends` },
    privateLinkServiceConnections: [{ properties: { privateLinkServiceId: target, groupIds: [groupId] } }],
    ...more,
  });
const zoneGroup = (zone: string): object =>
  one('Network/privateEndpoints/privateDnsZoneGroups', 'pe/default', {
    privateDnsZoneConfigs: [
      { properties: { privateDnsZoneId: `[resourceId('s', 'g', 'Microsoft.Network/privateDnsZones', ${zone})]` } },
    ],
  });
const app = (properties: object = {}): object =>
  one(
    'Web/sites',
    'app',
    { virtualNetworkSubnetId: `${idOf('Network/virtualNetworks', 'net')}/subnets/flex`, ...properties },
    { kind: 'functionapp,linux' },
  );
const flex = {
  delegations: [{ properties: { serviceName: 'Microsoft.App/environments' } }],
  addressPrefix: '10.0.0.0/26',
};

describe('zones that are written with the suffixes of the cloud', () => {
  const written = (suffix: string): string => `format('privatelink{0}', environment().suffixes.${suffix})`;
  const vault = one('KeyVault/vaults', 'kv');
  const registry = one('ContainerRegistry/registries', 'cr');

  test('are found by CR11', () => {
    const there = endpoint(idOf('ContainerRegistry/registries', 'cr'), 'registry');
    expect(verdict('CR11', registry, there, zoneGroup(written('acrLoginServer')))).toEqual([]);
  });

  test('do not satisfy KV06: the suffix of vaults is not the one of their private zone', () => {
    const there = endpoint(idOf('KeyVault/vaults', 'kv'), 'vault');
    expect(verdict('KV06', vault, there, zoneGroup(written('keyvaultDns')))).toEqual(['kv']);
    expect(verdict('KV06', vault, there, zoneGroup("'privatelink.vaultcore.azure.net'"))).toEqual([]);
  });

  test('are found by NW12, which tells one from the other', () => {
    const zone = (suffix: string): object => one('Network/privateDnsZones', `[${written(suffix)}]`);
    const told = verdict('NW12', zone('acrLoginServer'), zone('keyvaultDns'));
    expect(told).not.toContain('no zone privatelink.azurecr.io');
    expect(told).toContain('zone privatelink.vault.azure.net is unknown');
    expect(told).toContain('no zone privatelink.vaultcore.azure.net');
  });
});

test('NW15: an empty list of manual connections is none', () => {
  const account = one('Storage/storageAccounts', 'st');
  const manual = (list: readonly object[]): Verdict | undefined => {
    const there = endpoint(idOf('Storage/storageAccounts', 'st'), 'blob', {
      manualPrivateLinkServiceConnections: list,
    });
    return verdict('NW15', account, there, zoneGroup("'privatelink.blob.core.windows.net'"));
  };
  expect(manual([])).toEqual([]);
  expect(manual([{}])).toEqual(['pe']);
});

describe('app settings that are one expression', () => {
  const settings = (values: string): object =>
    one(
      'Web/sites/config',
      'app/appsettings',
      `[union(coalesce(list('x', '2023-12-01').properties, createObject()), createObject(${values}))]`,
    );
  const identity =
    "'AzureWebJobsStorage__blobServiceUri', reference('x', '2022-09-01').blob, 'AzureWebJobsStorage__credential', 'managedidentity'";

  test('are read by FA16 and FA17', () => {
    const telemetry =
      "'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', format('ClientId={0};Authorization=AAD', reference('x', '2024-11-30').clientId)";
    const all = verdicts(app(), settings(`${identity}, ${telemetry}`));
    expect([all.get('FA16'), all.get('FA17')]).toEqual([[], []]);
  });

  test('hide no secret from FA16', () => {
    const secret = "'Other', concat(reference('x', '2022-09-01').name, ';AccountKey=', parameters('key'))";
    expect(verdict('FA16', app(), settings(`${identity}, ${secret}`))).toEqual(['app']);
  });
});

describe('subnets', () => {
  const network = (...names: readonly string[]): object =>
    one('Network/virtualNetworks', 'net', { subnets: names.map((name) => ({ name, properties: {} })) });

  test('of a firewall need no security group, nor a route to themselves', () => {
    const named = [
      'AzureFirewallSubnet',
      'AzureFirewallManagementSubnet',
      'AzureBastionSubnet',
      'GatewaySubnet',
      'work',
    ];
    const all = verdicts(network(...named), one('Network/azureFirewalls', 'fw'));
    expect(all.get('NW01')).toEqual(['AzureBastionSubnet', 'work']);
    expect(all.get('NW08')).toEqual(['work']);
  });

  test('that are resources of their own are looked at by NW10', () => {
    const ends = (policies: string): object =>
      one('Network/virtualNetworks/subnets', 'net/ends', { privateEndpointNetworkPolicies: policies });
    expect(verdict('NW10', network(), ends('Disabled'), endpoint('x', 'blob'))).toEqual(['net/ends']);
    expect(verdict('NW10', network(), ends('Enabled'), endpoint('x', 'blob'))).toEqual([]);
    expect(verdict('NW10', network('other'), endpoint('x', 'blob'))).toBe('absent');
  });

  test('that are resources of their own are looked at by FA08 and NW11', () => {
    const routed = app({ outboundVnetRouting: { allTraffic: true } });
    const all = verdicts(network(), one('Network/virtualNetworks/subnets', 'net/flex', flex), routed);
    expect([all.get('FA08'), all.get('NW11')]).toEqual([[], []]);
    expect(verdict('FA08', network(), one('Network/virtualNetworks/subnets', 'other/flex', flex), routed)).toEqual([
      'app',
    ]);
  });
});

test('NW13: a public address is for a firewall or a NAT gateway', () => {
  const address = one('Network/publicIPAddresses', 'pip', {}, { sku: { name: 'Standard' } });
  const publicIPAddress = { id: idOf('Network/publicIPAddresses', 'pip') };
  expect(verdict('NW13', address)).toEqual(['pip']);
  expect(verdict('NW13', address, one('Network/natGateways', 'nat', { publicIpAddresses: [publicIPAddress] }))).toEqual(
    [],
  );
  const ipConfigurations = [{ properties: { publicIPAddress } }];
  expect(verdict('NW13', address, one('Network/azureFirewalls', 'fw', { ipConfigurations }))).toEqual([]);
  expect(verdict('NW13', address, one('Network/bastionHosts', 'bas', { ipConfigurations }))).toEqual(['pip']);
});

test('ML04: rules are only looked at where Azure manages the network', () => {
  const workspace = (managedNetwork?: object): object =>
    one('MachineLearningServices/workspaces', 'mlw', managedNetwork === undefined ? {} : { managedNetwork });
  const outboundRules = { pypi: { type: 'FQDN' }, data: { type: 'PrivateEndpoint' } };
  expect(verdict('ML04', workspace())).toBe('absent');
  expect(verdict('ML04', workspace({ isolationMode: 'Disabled' }))).toBe('absent');
  expect(verdict('ML04', workspace({ isolationMode: 'AllowOnlyApprovedOutbound' }))).toEqual([]);
  expect(verdict('ML04', workspace({ isolationMode: 'AllowOnlyApprovedOutbound', outboundRules }))).toEqual(['pypi']);
});

describe('where there is nothing to look at', () => {
  test('no rule says that anything holds or is broken, but those about every resource', () => {
    const told = [...verdicts(one('Compute/disks', 'disk'))].filter(([, said]) => said !== 'absent');
    expect(told.map(([id]) => id)).toEqual(['TM03', 'TM08', 'TM09']);
  });

  test('accounts without a tag of their role say nothing about accounts that have one', () => {
    const account = one('Storage/storageAccounts', 'st');
    const parts = [
      one('Storage/storageAccounts/blobServices', 'st/default'),
      one('Storage/storageAccounts/blobServices/containers', 'st/default/c'),
    ];
    const ofRoles = ['ST18', 'ST27', 'ST28', 'ST29', 'ST30'];
    const all = verdicts(account, ...parts);
    expect(ofRoles.map((id) => all.get(id))).toEqual(ofRoles.map(() => 'absent'));
    expect(verdict('ST18', { ...account, tags: { Role: 'data' } }, ...parts)).toEqual(['st/default']);
  });

  test('other apps than function apps are not held to what function apps are held to', () => {
    const all = verdicts(one('Web/sites', 'web', {}, { kind: 'app' }), one('Web/serverfarms', 'plan'));
    for (const id of ['FA01', 'FA08', 'FA14', 'FA16', 'FA20', 'FA22'])
      expect([id, all.get(id)]).toEqual([id, 'absent']);
  });

  test('what may not be there is seen without what it would belong to', () => {
    expect(verdict('KV09', one('KeyVault/vaults', 'kv'))).toEqual([]);
    expect(verdict('KV09', one('KeyVault/vaults/secrets', 'kv/s'))).toEqual(['kv/s']);
    expect(verdict('SB08', one('ServiceBus/namespaces/queues/authorizationRules', 'sb/q/r'))).toEqual(['sb/q/r']);
  });

  test('MO06 asks for alerts about what there is', () => {
    expect(verdict('MO06', one('KeyVault/vaults', 'kv'))).toEqual(['no alert on ServiceApiResult']);
  });
});

describe('the stage', () => {
  const stage = (tags: object): string =>
    new Template(JSON.stringify({ predictedResources: [one('Compute/disks', 'disk', {}, { tags })] })).stage;

  test('is read from the tag, however its name is written', () => {
    expect(stage({ environment: 'dev' })).toBe('dev');
    expect(stage({ Environment: 'test' })).toBe('test');
  });

  test('is production where there is no tag, or nobody knows its value', () => {
    expect(stage({})).toBe('prod');
    expect(stage({ environment: "[parameters('stage')]" })).toBe('prod');
  });
});

test('TM07: a nested deployment has no place of its own', () => {
  const of = (type: string): Verdict | undefined => {
    const resource = { type, name: 'x', location: '[deployment().location]', properties: {} };
    return score(new Template(JSON.stringify({ resources: [resource] }))).get('TM07');
  };
  expect(of('Microsoft.Resources/deployments')).toEqual([]);
  expect(of('Microsoft.Web/sites')).toEqual(['x']);
});

test('OW01: a scheduler is not open to all addresses, and has no public way beside a private one', () => {
  const scheduler = (properties: object): object => one('DurableTask/schedulers', 'dts', properties);
  const there = endpoint(idOf('DurableTask/schedulers', 'dts'), 'scheduler');
  expect(verdict('OW01', scheduler({ ipAllowlist: ['0.0.0.0/0'] }))).toEqual(['dts']);
  expect(verdict('OW01', scheduler({ ipAllowlist: ['10.1.2.0/24'] }))).toEqual([]);
  expect(verdict('OW01', scheduler({ ipAllowlist: ['10.1.2.0/24'] }), there)).toEqual(['dts']);
  expect(verdict('OW01', scheduler({ ipAllowlist: [], publicNetworkAccess: 'Disabled' }), there)).toEqual([]);
});
