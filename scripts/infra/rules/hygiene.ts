import { about, each, inProd, type Rule, type Rules } from '../rule.ts';
import { at, tagOf, type Template } from '../template.ts';

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

/** About parameters, outputs and nested deployments: there is nothing to look at in a snapshot. */
const compiled =
  (problems: (template: Template) => readonly string[]): Rule =>
  (template) =>
    template.isSnapshot ? 'absent' : problems(template);

/** Only what the text of the template shows. TM10 and TM12 are tests over the sources. @source infra-checklist.json */
export const hygieneRules: Rules = {
  TM01: compiled(({ text }) =>
    /"type":\s*"secure(String|Object)",\s*"defaultValue"/i.test(text) ? ['a default'] : [],
  ),
  TM02: compiled(({ text }) => {
    const outputs = JSON.stringify((JSON.parse(text) as { outputs?: unknown }).outputs ?? {});
    return /list[A-Z]\w*\(|secure(String|Object)/.test(outputs) ? ['an output'] : [];
  }),
  TM03: ({ text }) => text.match(/list(Keys|Secrets|ConnectionStrings|AccountSas|ServiceSas)\(/g) ?? [],
  TM04: compiled((template) =>
    template
      .of('Resources/deployments')
      .filter((one) => /secure(String|Object)/i.test(JSON.stringify(one)))
      .filter((one) => String(at(one, 'properties.expressionEvaluationOptions.scope')).toLowerCase() !== 'inner')
      .map(({ name }) => name),
  ),
  TM05: compiled(({ text }) => (text.includes('"debugSetting"') ? ['a debugSetting'] : [])),
  TM06: compiled(({ text }) => (/"templateLink"|"relativePath":/.test(text) ? ['a linked template'] : [])),
  // Where a nested deployment is kept is no place of anything: the compiler itself writes `deployment().location`.
  TM07: compiled((template) =>
    template.resources
      .filter(({ type }) => type !== 'Microsoft.Resources/deployments')
      .filter(({ location }) => location !== undefined && /^\[(resourceGroup|deployment)\(/.test(location))
      .map(({ name }) => name),
  ),
  TM08: (template) =>
    template.resources
      .filter((one) => !untagged.test(one.type) && !wanted.every((key) => tagOf(one, key) !== undefined))
      .map(({ type, name }) => `${type} ${name}`),
  TM09: (template) => {
    const versions = new Set(template.resources.map(({ type, apiVersion }) => `${type}@${apiVersion}`));
    return [...versions].filter((version) => {
      const date = version.split('@')[1] ?? '';
      const days = (AS_OF - Date.parse(date.slice(0, 10))) / 86_400_000;
      return !oldest.has(version) && (date.endsWith('-preview') || !(days <= MOST_DAYS));
    });
  },
  // The plans are the whole subscription's, so a template has them only where somebody asked for all.
  TM13: about('Security/pricings', (all) => {
    const plans = all.filter((one) => at(one, 'properties.pricingTier') === 'Standard');
    return ['KeyVaults', 'StorageAccounts', 'Arm', 'AppServices']
      .filter((name) => !plans.some((plan) => plan.name === name))
      .map((name) => `no plan ${name}`);
  }),
  TM11: inProd(
    each(
      (template) =>
        [...template.of('Storage/storageAccounts'), ...template.of('KeyVault/vaults')].filter(({ name }) =>
          /^(stdata|stproof|kvsign)/.test(name),
        ),
      (one, template) =>
        template.on(one, 'Authorization/locks').some((lock) => at(lock, 'properties.level') === 'CanNotDelete'),
    ),
  ),
};
