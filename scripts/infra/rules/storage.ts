import { about, each, equals, inProd, logged, type Rules, type Subject } from '../rule.ts';
import { at, listAt, tagOf, type Resource, type Template } from '../template.ts';

const accounts = 'Storage/storageAccounts';
const blobServices = 'Storage/storageAccounts/blobServices';
const containers = 'Storage/storageAccounts/blobServices/containers';

const roleOf = (one: Resource): string => tagOf(one, 'role') ?? '';
const accountOf = (one: Resource): string => one.name.split('/')[0] ?? '';

/** Sub-resources that each account must have an endpoint for, no more and no less. @source checklist ST27 */
const endpointsOf: Readonly<Record<string, readonly string[]>> = {
  host: ['blob', 'table'],
  data: ['blob'],
  aml: ['blob', 'file'],
  evidence: ['blob'],
  deadletter: ['blob'],
};

/** Resources of a type in accounts of some roles. */
const ofRoles =
  (type: string, roles: readonly string[]): Subject =>
  (template) => {
    const names = template.of(accounts).flatMap((one) => (roles.includes(roleOf(one)) ? [one.name] : []));
    return template.of(type).filter((one) => names.includes(accountOf(one)));
  };

/** All accounts, where any has a role that we know: those of others have none. */
const withRoles = (template: Template): readonly Resource[] => {
  const all = template.of(accounts);
  return all.some((one) => endpointsOf[roleOf(one)] !== undefined) ? all : [];
};

const services = (template: Template): readonly Resource[] =>
  ['blob', 'queue', 'table', 'file'].flatMap((kind) => template.of(`${accounts}/${kind}Services`));

/** Storage. @source infra-checklist.json */
export const storageRules: Rules = {
  ST01: equals(accounts, 'properties.supportsHttpsTrafficOnly', true),
  ST02: equals(accounts, 'properties.minimumTlsVersion', 'TLS1_2'),
  ST03: equals(accounts, 'properties.allowBlobPublicAccess', false),
  ST04: each(containers, (one) => [undefined, 'None'].includes(at(one, 'properties.publicAccess') as string)),
  ST05: equals(accounts, 'properties.allowSharedKeyAccess', false),
  ST06: equals(accounts, 'properties.networkAcls.defaultAction', 'Deny'),
  ST07: each(
    accounts,
    (one) =>
      ['Disabled', 'SecuredByPerimeter'].includes(String(at(one, 'properties.publicNetworkAccess'))) ||
      (['aml', 'deadletter'].includes(roleOf(one)) && at(one, 'properties.networkAcls.defaultAction') === 'Deny'),
  ),
  ST08: each(
    accounts,
    (one) =>
      at(one, 'properties.networkAcls.bypass') === 'None' ||
      (roleOf(one) === 'deadletter' && at(one, 'properties.networkAcls.bypass') === 'AzureServices'),
  ),
  ST09: each(
    accounts,
    (one) =>
      at(one, 'properties.networkAcls') !== undefined &&
      listAt(one, 'properties.networkAcls.ipRules').length === 0 &&
      listAt(one, 'properties.networkAcls.virtualNetworkRules').length === 0,
  ),
  ST10: each(accounts, (one) =>
    listAt(one, 'properties.networkAcls.resourceAccessRules').every((rule) =>
      /\/Microsoft\.MachineLearningServices\/(workspaces|registries)\/[^*]+$/.test(String(at(rule, 'resourceId'))),
    ),
  ),
  ST11: each(accounts, (one) => ['PrivateLink', 'AAD'].includes(String(at(one, 'properties.allowedCopyScope')))),
  ST12: equals(accounts, 'properties.allowCrossTenantReplication', false),
  ST13: equals(accounts, 'properties.isLocalUserEnabled', false),
  ST14: each(accounts, (one) => at(one, 'properties.isSftpEnabled') !== true),
  ST15: each(services, (one) => listAt(one, 'properties.cors.corsRules').length === 0),
  ST16: equals(blobServices, 'properties.deleteRetentionPolicy.enabled', true),
  ST17: each(
    blobServices,
    (one) =>
      at(one, 'properties.containerDeleteRetentionPolicy.enabled') === true &&
      Number(at(one, 'properties.containerDeleteRetentionPolicy.days')) >= 7,
  ),
  ST18: equals(ofRoles(blobServices, ['data', 'evidence']), 'properties.isVersioningEnabled', true),
  ST19: inProd(
    each(accounts, (one) => ['Standard_ZRS', 'Standard_GZRS', 'Standard_RAGZRS'].includes(String(at(one, 'sku.name')))),
  ),
  ST20: equals(accounts, 'kind', 'StorageV2'),
  ST21: equals(accounts, 'properties.defaultToOAuthAuthentication', true),
  ST22: each(
    accounts,
    (one) =>
      at(one, 'properties.sasPolicy.expirationAction') === 'Block' &&
      /^1\.00:00:00$|^0{1,2}\.?\d{2}:\d{2}:\d{2}$/.test(String(at(one, 'properties.sasPolicy.sasExpirationPeriod'))),
  ),
  ST23: equals(accounts, 'properties.encryption.requireInfrastructureEncryption', true),
  ST24: each(accounts, (one) => Number(at(one, 'properties.keyPolicy.keyExpirationPeriodInDays')) > 0),
  ST25: each(accounts, ({ name }) => /^[a-z0-9]{3,24}$/.test(name)),
  ST26: logged(services, ['StorageRead', 'StorageWrite', 'StorageDelete']),
  ST27: each(withRoles, (one, template) => {
    const found = template
      .of('Network/privateEndpoints')
      .flatMap((endpoint) => listAt(endpoint, 'properties.privateLinkServiceConnections'))
      .filter((connection) => at(connection, 'properties.privateLinkServiceId') === one.id)
      .map((connection) => String((at(connection, 'properties.groupIds') as string[] | undefined)?.[0]));
    // Orchestrations in Azure Storage have queues in the account of the host.
    const hasQueues = template.of(`${accounts}/queueServices`).some((service) => accountOf(service) === one.name);
    const wanted = [...(endpointsOf[roleOf(one)] ?? ['blob']), ...(hasQueues ? ['queue'] : [])];
    return JSON.stringify(found.toSorted()) === JSON.stringify(wanted.toSorted());
  }),
  ST28: inProd(
    each(ofRoles(accounts, ['data']), (one, template) =>
      template
        .on(one, 'Security/defenderForStorageSettings')
        .some((setting) => at(setting, 'properties.malwareScanning.onUpload.isEnabled') === true),
    ),
  ),
  ST29: equals(ofRoles(containers, ['evidence']), 'properties.immutableStorageWithVersioning.enabled', true),
  ST30: about(withRoles, (all) => {
    const wanted = ['host', 'data', 'aml', 'evidence'];
    const there = all.map(roleOf);
    return wanted.filter((role) => !there.includes(role)).map((role) => `no account of role ${role}`);
  }),
};
