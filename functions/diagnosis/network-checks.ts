import { isPrivateAddress } from '#shared/domain/private-address.ts';

import type { Check, DiagnosisDependencies } from './check.ts';

/** Whether names of what holds data lead to private addresses: private endpoints without their DNS are not used. */
export function networkChecks({ config, profile, resolver }: DiagnosisDependencies): readonly Check[] {
  const isPrivate = config.onAzure && profile.publicNetworkAccess === 'Disabled';
  const hosts = new Map<string, string>();
  for (const [what, address] of Object.entries({
    'the data account': config.WHENCE_DATA_BLOB_URL,
    'the Azure ML account': config.WHENCE_ML_BLOB_URL,
    'the records': config.WHENCE_TABLE_URL,
    'Service Bus': hostOfNamespace(config.ServiceBusConnection__fullyQualifiedNamespace),
  }))
    if (address !== undefined && !hosts.has(new URL(address).hostname)) hosts.set(new URL(address).hostname, what);
  return [...hosts].map(([host, what]) => ({
    area: 'network',
    check: `finds ${what} by its name`,
    fix: `Is the private DNS zone of ${host} linked to the network of the function app, and does the private endpoint have its record there? infra/modules/network/dns.bicep makes both.`,
    ask: async () => {
      const addresses = await resolver.resolve(host);
      const open = addresses.filter((address) => !isPrivateAddress(address));
      if (isPrivate && open.length > 0) throw new Error(`${host} is ${open.join(', ')}: a public address.`);
      return `${host} is ${addresses.join(', ')}${isPrivate || open.length === 0 ? '' : ', public as this profile is'}`;
    },
  }));
}

function hostOfNamespace(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `https://${name}`;
}
