import { each, equals, inProd, logged, whole, type Rules } from '../rule.ts';
import { at, listAt, type Resource } from '../template.ts';

const accounts = 'Storage/storageAccounts';
const blobServices = 'Storage/storageAccounts/blobServices';
const containers = 'Storage/storageAccounts/blobServices/containers';

const roleOf = ({ tags }: Resource): string => tags?.['role'] ?? '';
const accountOf = (one: Resource): string => one.name.split('/')[0] ?? '';

/** Sub-resources that each account must have an endpoint for, no more and no less. @source checklist ST27 */
const endpointsOf: Readonly<Record<string, readonly string[]>> = {
  host: ['blob', 'table'],
  data: ['blob'],
  aml: ['blob', 'file'],
  evidence: ['blob'],
  deadletter: ['blob'],
};

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
  ST15: whole((template) =>
    ['blob', 'queue', 'table', 'file']
      .flatMap((kind) => template.of(`${accounts}/${kind}Services`))
      .filter((one) => listAt(one, 'properties.cors.corsRules').length > 0)
      .map(({ name }) => name),
  ),
  ST16: equals(blobServices, 'properties.deleteRetentionPolicy.enabled', true),
  ST17: each(
    blobServices,
    (one) =>
      at(one, 'properties.containerDeleteRetentionPolicy.enabled') === true &&
      Number(at(one, 'properties.containerDeleteRetentionPolicy.days')) >= 7,
  ),
  ST18: each(blobServices, (one, template) => {
    const account = template.of(accounts).find(({ name }) => name === accountOf(one));
    const isKept = account !== undefined && ['data', 'evidence'].includes(roleOf(account));
    return !isKept || at(one, 'properties.isVersioningEnabled') === true;
  }),
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
  ST26: whole((template) => {
    const all = ['blob', 'queue', 'table', 'file'].flatMap((kind) => {
      const verdict = logged(`${accounts}/${kind}Services`, ['StorageRead', 'StorageWrite', 'StorageDelete'])(template);
      return verdict === 'absent' ? [] : verdict;
    });
    return template.of(blobServices).length === 0 ? ['no blob services'] : all;
  }),
  ST27: each(accounts, (one, template) => {
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
    each(
      accounts,
      (one, template) =>
        roleOf(one) !== 'data' ||
        template
          .on(one, 'Security/defenderForStorageSettings')
          .some((setting) => at(setting, 'properties.malwareScanning.onUpload.isEnabled') === true),
    ),
  ),
  ST29: each(containers, (one, template) => {
    const account = template.of(accounts).find(({ name }) => name === accountOf(one));
    const isEvidence = account !== undefined && roleOf(account) === 'evidence';
    return !isEvidence || at(one, 'properties.immutableStorageWithVersioning.enabled') === true;
  }),
  ST30: whole((template) => {
    const wanted = ['host', 'data', 'aml', 'evidence'];
    const there = template.of(accounts).map(roleOf);
    return wanted.filter((role) => !there.includes(role)).map((role) => `no account of role ${role}`);
  }),
};
