import { inProd, whole, type Rules } from '../rule.ts';
import { at } from '../template.ts';

/** Versions that may be previews or old, because there is nothing newer. @source azure-facts.md 2.1 */
const oldest = new Set([
  'Microsoft.Insights/diagnosticSettings@2021-05-01-preview',
  'Microsoft.Insights/components@2020-02-02',
  'Microsoft.Insights/privateLinkScopes@2021-09-01',
  'Microsoft.Insights/privateLinkScopes/scopedResources@2021-09-01',
  'Microsoft.Insights/actionGroups@2023-01-01',
  'Microsoft.Insights/workbooks@2023-06-01',
  'Microsoft.Authorization/roleAssignments@2022-04-01',
  'Microsoft.Authorization/roleDefinitions@2022-04-01',
  'Microsoft.Authorization/locks@2020-05-01',
  'Microsoft.Security/pricings@2024-01-01',
  'Microsoft.Network/privateDnsZones@2024-06-01',
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01',
]);
/** @source Bicep linter, use-recent-api-versions: 730 days */
const MOST_DAYS = 730;
/** The day that versions were last looked at: the same template gets the same verdict on any later one. */
const AS_OF = Date.parse('2026-11-25');

/** Types that have no tags. @source ARM: sub-resources and extension resources */
const untagged =
  /^Microsoft\.(Authorization|Consumption|KubernetesConfiguration|Security|Insights\/(diagnosticSettings|privateLinkScopes\/)|Storage\/storageAccounts\/|ServiceBus\/namespaces\/|EventGrid\/systemTopics\/|Web\/sites\/|DurableTask\/schedulers\/|ManagedIdentity\/userAssignedIdentities\/|Network\/privateEndpoints\/|Resources\/deployments|MachineLearningServices\/workspaces\/(outboundRules|datastores))/;
const wanted = ['azd-env-name', 'environment', 'data-classification', 'owner'];

/** Only what the text of the template shows. TM10 and TM12 are tests over the sources. @source infra-checklist.json */
export const hygieneRules: Rules = {
  TM01: whole(({ text }) => (/"type":\s*"secure(String|Object)",\s*"defaultValue"/i.test(text) ? ['a default'] : [])),
  TM02: whole(({ text }) => {
    const outputs = JSON.stringify((JSON.parse(text) as { outputs?: unknown }).outputs ?? {});
    return /list[A-Z]\w*\(|secure(String|Object)/.test(outputs) ? ['an output'] : [];
  }),
  TM03: whole(({ text }) => text.match(/list(Keys|Secrets|ConnectionStrings|AccountSas|ServiceSas)\(/g) ?? []),
  TM04: whole((template) =>
    template
      .of('Resources/deployments')
      .filter((one) => /secure(String|Object)/i.test(JSON.stringify(one)))
      .filter((one) => String(at(one, 'properties.expressionEvaluationOptions.scope')).toLowerCase() !== 'inner')
      .map(({ name }) => name),
  ),
  TM05: whole(({ text }) => (text.includes('"debugSetting"') ? ['a debugSetting'] : [])),
  TM06: whole(({ text }) => (/"templateLink"|"relativePath":/.test(text) ? ['a linked template'] : [])),
  TM07: whole((template) =>
    template.resources
      .filter(({ location }) => location !== undefined && /^\[(resourceGroup|deployment)\(/.test(location))
      .map(({ name }) => name),
  ),
  TM08: whole((template) =>
    template.resources
      .filter(({ type, tags }) => !untagged.test(type) && !wanted.every((key) => tags?.[key] !== undefined))
      .map(({ type, name }) => `${type} ${name}`),
  ),
  TM09: whole((template) => {
    const versions = new Set(template.resources.map(({ type, apiVersion }) => `${type}@${apiVersion}`));
    return [...versions].filter((version) => {
      const date = version.split('@')[1] ?? '';
      const days = (AS_OF - Date.parse(date.slice(0, 10))) / 86_400_000;
      return !oldest.has(version) && (date.endsWith('-preview') || !(days <= MOST_DAYS));
    });
  }),
  // The plans are the whole subscription's, so a template has them only where somebody asked for all.
  TM13: (template) => {
    const plans = template.of('Security/pricings').filter((one) => at(one, 'properties.pricingTier') === 'Standard');
    const missing = ['KeyVaults', 'StorageAccounts', 'Arm', 'AppServices'].filter(
      (name) => !plans.some((plan) => plan.name === name),
    );
    return template.of('Security/pricings').length === 0 ? 'absent' : missing.map((name) => `no plan ${name}`);
  },
  TM11: inProd(
    whole((template) =>
      [...template.of('Storage/storageAccounts'), ...template.of('KeyVault/vaults')]
        .filter(({ name }) => /^(stdata|stproof|kvsign)/.test(name))
        .filter((one) =>
          template.on(one, 'Authorization/locks').every((lock) => at(lock, 'properties.level') !== 'CanNotDelete'),
        )
        .map(({ name }) => name),
    ),
  ),
};
