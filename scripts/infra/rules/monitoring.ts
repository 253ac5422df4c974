import { about, each, equals, inProd, type Rules } from '../rule.ts';
import { at, type Template } from '../template.ts';

const components = 'Insights/components';
const workspaces = 'OperationalInsights/workspaces';

/** What alerts must be about, as it stands in one, by what they watch. @source checklist MO06 */
const alerts: Readonly<Record<string, readonly string[]>> = {
  'ServiceBus/namespaces': ['DeadletteredMessages'],
  'EventGrid/systemTopics': ['DeadLetteredCount', 'DroppedEventCount'],
  'Web/sites': ['AppTraces', 'WhenceRunAge'],
  'KeyVault/vaults': ['ServiceApiResult'],
  'MachineLearningServices/workspaces': ['AmlOnlineEndpointTrafficLog'],
  'Storage/storageAccounts': ['Egress'],
  'Authorization/roleAssignments': ['Microsoft.Authorization/roleAssignments/write'],
};

const watched = (template: Template): readonly string[] =>
  Object.keys(alerts).filter((type) => template.of(type).length > 0);

/** Monitoring. @source infra-checklist.json */
export const monitoringRules: Rules = {
  MO01: equals(components, 'properties.DisableLocalAuth', true),
  MO02: each(components, (one) => typeof at(one, 'properties.WorkspaceResourceId') === 'string'),
  MO03: inProd(
    each(components, (one) =>
      ['Ingestion', 'Query'].every((way) => at(one, `properties.publicNetworkAccessFor${way}`) === 'Disabled'),
    ),
  ),
  MO04: each(
    workspaces,
    (one, { stage }) =>
      Number(at(one, 'properties.retentionInDays')) >= (stage === 'prod' ? 365 : 90) &&
      at(one, 'properties.features.disableLocalAuth') === true &&
      (stage !== 'prod' ||
        ['Ingestion', 'Query'].every((way) => at(one, `properties.publicNetworkAccessFor${way}`) === 'Disabled')),
  ),
  MO05: about('Insights/privateLinkScopes', ([scope], template) => {
    const modes = ['ingestion', 'query'].map((way) => at(scope, `properties.accessModeSettings.${way}AccessMode`));
    const text = JSON.stringify(template.of('Network/privateEndpoints/privateDnsZoneGroups'));
    const zones = ['monitor.azure.com', 'oms.opinsights', 'ods.opinsights', 'agentsvc', 'blob'];
    return [
      ...(modes.every((mode) => mode === 'PrivateOnly') ? [] : ['no scope that is private only']),
      ...(template.of('Insights/privateLinkScopes/scopedResources').length >= 2 ? [] : ['not both are scoped']),
      ...zones.filter((zone) => !text.includes(zone)).map((zone) => `no zone ${zone}`),
    ];
  }),
  MO06: about(
    (template) => watched(template).flatMap((type) => template.of(type)),
    (_, template) => {
      const text = JSON.stringify(
        ['metricAlerts', 'scheduledQueryRules', 'activityLogAlerts'].flatMap((kind) => template.of(`Insights/${kind}`)),
      );
      return watched(template)
        .flatMap((type) => alerts[type] ?? [])
        .filter((what) => !text.includes(what))
        .map((what) => `no alert on ${what}`);
    },
  ),
  MO07: inProd(equals(workspaces, 'properties.replication.enabled', true)),
};
