import { each, equals, logged, none, reached, type Rules } from '../rule.ts';
import { at, listAt } from '../template.ts';

const namespaces = 'ServiceBus/namespaces';
const queues = 'ServiceBus/namespaces/queues';
const systemTopics = 'EventGrid/systemTopics';
const subscriptions = 'EventGrid/systemTopics/eventSubscriptions';
const topics = 'EventGrid/topics';

/** Service Bus and Event Grid. @source infra-checklist.json */
export const messagingRules: Rules = {
  SB01: equals(namespaces, 'properties.disableLocalAuth', true),
  SB02: equals(namespaces, 'properties.minimumTlsVersion', '1.2'),
  SB03: equals(namespaces, 'properties.publicNetworkAccess', 'Disabled'),
  SB04: each(namespaces, ({ name }, template) =>
    template
      .of(`${namespaces}/networkRuleSets`)
      .some(
        (one) =>
          one.name === `${name}/default` &&
          at(one, 'properties.defaultAction') === 'Deny' &&
          at(one, 'properties.trustedServiceAccessEnabled') === true &&
          JSON.stringify([at(one, 'properties.ipRules'), at(one, 'properties.virtualNetworkRules')]) === '[[],[]]',
      ),
  ),
  SB05: each(namespaces, (one, template) => template.stage === 'dev' || at(one, 'sku.name') === 'Premium'),
  SB06: each(namespaces, ({ identity }) => identity !== undefined),
  SB07: logged(namespaces, ['RuntimeAuditLogs'], ['audit', 'allLogs']),
  SB08: none(namespaces, ['authorizationRules', 'queues/authorizationRules', 'topics/authorizationRules']),
  SB09: each(
    namespaces,
    (one) => at(one, 'sku.name') === 'Premium' && at(one, 'properties.premiumMessagingPartitions') !== undefined,
  ),
  SB10: each(
    queues,
    (one) =>
      at(one, 'properties.requiresDuplicateDetection') === true &&
      /^P[1-7]D$/.test(String(at(one, 'properties.duplicateDetectionHistoryTimeWindow'))),
  ),
  SB11: each(queues, (one) => at(one, 'properties.requiresSession') !== true),
  SB12: each(queues, (one) => {
    const tries = Number(at(one, 'properties.maxDeliveryCount'));
    const days = Number(/^P(\d+)D$/.exec(String(at(one, 'properties.defaultMessageTimeToLive')))?.[1]);
    return (
      at(one, 'properties.deadLetteringOnMessageExpiration') === true &&
      tries >= 5 &&
      tries <= 10 &&
      days >= 7 &&
      /^PT[1-5]M$/.test(String(at(one, 'properties.lockDuration'))) &&
      at(one, 'properties.autoDeleteOnIdle') === undefined
    );
  }),
  SB13: reached(namespaces, 'namespace', ['privatelink.servicebus.windows.net']),
  SB14: each(namespaces, (one) =>
    (listAt(one, 'properties.geoDataReplication.locations') as { locationName?: string }[]).every(
      ({ locationName }) => locationName !== undefined,
    ),
  ),
  EG01: each(systemTopics, (one) => String(at(one, 'identity.type')).includes('SystemAssigned')),
  EG02: each(
    subscriptions,
    (one) =>
      at(one, 'properties.deliveryWithResourceIdentity.identity.type') === 'SystemAssigned' &&
      at(one, 'properties.deliveryWithResourceIdentity.destination.endpointType') === 'ServiceBusQueue',
  ),
  EG03: each(
    subscriptions,
    (one) => at(one, 'properties.deadLetterWithResourceIdentity.deadLetterDestination.endpointType') === 'StorageBlob',
  ),
  EG04: each(
    subscriptions,
    (one) =>
      at(one, 'properties.retryPolicy.eventTimeToLiveInMinutes') === 1440 &&
      at(one, 'properties.retryPolicy.maxDeliveryAttempts') === 30,
  ),
  EG05: each(subscriptions, (one, template) => {
    const topic = template.of(systemTopics).find(({ name }) => one.name.startsWith(`${name}/`));
    const isOfBlobs = at(topic, 'properties.topicType') === 'Microsoft.Storage.StorageAccounts';
    const begins = String(at(one, 'properties.filter.subjectBeginsWith') ?? '');
    return (
      listAt(one, 'properties.filter.includedEventTypes').length > 0 &&
      (!isOfBlobs || /^\/blobServices\/default\/containers\/[a-z0-9-]+\//.test(begins))
    );
  }),
  EG06: equals(subscriptions, 'properties.eventDeliverySchema', 'CloudEventSchemaV1_0'),
  EG07: (template) => {
    const verdict = logged(systemTopics, ['DeliveryFailures'])(template);
    const alerts = JSON.stringify(template.of('Insights/metricAlerts'));
    const missing = ['DeadLetteredCount', 'DroppedEventCount'].filter((metric) => !alerts.includes(metric));
    return verdict === 'absent' ? verdict : [...verdict, ...missing.map((metric) => `no alert on ${metric}`)];
  },
  EG08: equals(topics, 'properties.publicNetworkAccess', 'Disabled'),
  EG09: equals(topics, 'properties.disableLocalAuth', true),
  EG10: each(
    topics,
    ({ identity, properties }) =>
      identity !== undefined && ['1.2', '1.3'].includes(String(at(properties, 'minimumTlsVersionAllowed'))),
  ),
};

/** Key Vault. @source infra-checklist.json */
export const vaultRules: Rules = (() => {
  const vaults = 'KeyVault/vaults';
  return {
    KV01: equals(vaults, 'properties.enableRbacAuthorization', true),
    KV02: equals(vaults, 'properties.enablePurgeProtection', true),
    KV03: each(
      vaults,
      (one, { stage }) =>
        at(one, 'properties.enableSoftDelete') === true &&
        (stage !== 'prod' || at(one, 'properties.softDeleteRetentionInDays') === 90),
    ),
    KV04: equals(vaults, 'properties.networkAcls.defaultAction', 'Deny'),
    KV05: equals(vaults, 'properties.publicNetworkAccess', 'Disabled'),
    KV06: reached(vaults, 'vault', ['privatelink.vaultcore.azure.net']),
    KV07: logged(vaults, ['AuditEvent'], ['audit', 'allLogs']),
    KV08: each(vaults, (one) => listAt(one, 'properties.accessPolicies').length === 0),
    KV09: none(vaults, ['secrets']),
    KV10: each(
      `${vaults}/keys`,
      (one, { stage }) =>
        Number(at(one, 'properties.attributes.exp')) > 0 &&
        at(one, 'properties.rotationPolicy.attributes.expiryTime') !== undefined &&
        (stage !== 'prod' || String(at(one, 'properties.kty')).endsWith('-HSM')),
    ),
    KV11: each(vaults, (one) =>
      ['Deployment', 'DiskEncryption', 'TemplateDeployment'].every(
        (what) => at(one, `properties.enabledFor${what}`) === false,
      ),
    ),
    KV12: each(vaults, ({ name }, template) => template.of(vaults).filter((one) => one.name === name).length === 1),
  };
})();
