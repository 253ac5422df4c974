import { each, equals, inProd, whole, type Rules } from '../rule.ts';
import { at } from '../template.ts';

const components = 'Insights/components';
const workspaces = 'OperationalInsights/workspaces';

/** What alerts must be about, as it stands in one. @source checklist MO06 */
const alerts = [
  'DeadletteredMessages',
  'DeadLetteredCount',
  'DroppedEventCount',
  'AppTraces',
  'WhenceRunAge',
  'ServiceApiResult',
  'AmlOnlineEndpointTrafficLog',
  'Egress',
  'Microsoft.Authorization/roleAssignments/write',
];

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
  MO05: whole((template) => {
    const [scope] = template.of('Insights/privateLinkScopes');
    const modes = ['ingestion', 'query'].map((way) => at(scope, `properties.accessModeSettings.${way}AccessMode`));
    const text = JSON.stringify(template.of('Network/privateEndpoints/privateDnsZoneGroups'));
    const zones = ['monitor.azure.com', 'oms.opinsights', 'ods.opinsights', 'agentsvc', 'blob'];
    return [
      ...(modes.every((mode) => mode === 'PrivateOnly') ? [] : ['no scope that is private only']),
      ...(template.of('Insights/privateLinkScopes/scopedResources').length >= 2 ? [] : ['not both are scoped']),
      ...zones.filter((zone) => !text.includes(zone)).map((zone) => `no zone ${zone}`),
    ];
  }),
  MO06: whole((template) => {
    const text = JSON.stringify(
      ['metricAlerts', 'scheduledQueryRules', 'activityLogAlerts'].flatMap((kind) => template.of(`Insights/${kind}`)),
    );
    return alerts.filter((about) => !text.includes(about)).map((about) => `no alert on ${about}`);
  }),
  MO07: inProd(equals(workspaces, 'properties.replication.enabled', true)),
};
