import { each, equals, inProd, logged, none, reached, type Rules } from '../rule.ts';
import { functionApps, subnetsOf } from '../subjects.ts';
import { at, listAt, type Resource, type Template } from '../template.ts';

const plans = 'Web/serverfarms';
const sites = 'Web/sites';

/** A `config` of a site, by its last name. */
function config(site: Resource, template: Template, name: string): Resource | undefined {
  return template.of('Web/sites/config').find((one) => one.name === `${site.name}/${name}`);
}

/** App settings of a site, wherever the template has them; of an expression for all of them, those that it names. */
export function appSettings(site: Resource, template: Template): Readonly<Record<string, string>> {
  const own: unknown = config(site, template, 'appsettings')?.properties;
  if (typeof own === 'string') return Object.fromEntries(named(own));
  const listed = listAt(site, 'properties.siteConfig.appSettings') as { name: string; value: string }[];
  return (
    (own as Record<string, string> | undefined) ?? Object.fromEntries(listed.map(({ name, value }) => [name, value]))
  );
}

/** Names from all `createObject('NAME', VALUE, …)` of an expression, each with the text up to the next name. */
function named(expression: string): readonly [string, string][] {
  const pairs = expression.matchAll(/(?:createObject\(|, )'(\w+)', ('[^']*'|.*?)(?=(?:, |createObject\()'\w+', |$)/g);
  return [...pairs].map(([, name = '', value = '']) => [name, value]);
}

/** Looks like a secret. @source checklist FA16 */
const secret = /AccountKey=|SharedAccessKey|[?&]sig=|Password|listKeys\(/i;

const tls = (value: unknown): boolean => ['1.2', '1.3'].includes(String(value));

/** The function app and its plan. @source infra-checklist.json */
export const functionAppRules: Rules = {
  FA01: each(
    (template) => (functionApps(template).length > 0 ? template.of(plans) : []),
    (one) => at(one, 'sku.name') === 'FC1' && at(one, 'properties.reserved') === true,
  ),
  FA02: inProd(equals(plans, 'properties.zoneRedundant', true)),
  FA03: equals(sites, 'properties.httpsOnly', true),
  FA04: each(
    sites,
    (one) =>
      tls(at(one, 'properties.siteConfig.minTlsVersion')) && tls(at(one, 'properties.siteConfig.scmMinTlsVersion')),
  ),
  FA05: each(
    sites,
    (one) =>
      at(one, 'identity.type') === 'UserAssigned' &&
      Object.keys((at(one, 'identity.userAssignedIdentities') ?? {}) as object).length === 1,
  ),
  FA06: equals(sites, 'properties.publicNetworkAccess', 'Disabled'),
  FA07: reached(sites, 'sites', ['privatelink.azurewebsites.net']),
  FA08: each(functionApps, (one, template) => {
    const subnet = at(one, 'properties.virtualNetworkSubnetId');
    const delegated = subnetsOf(template).some(
      ({ id, properties }) => id === subnet && JSON.stringify(properties).includes('Microsoft.App/environments'),
    );
    return delegated && at(one, 'properties.outboundVnetRouting.allTraffic') === true;
  }),
  FA09: each(sites, (one, template) => {
    const policies = template.of('Web/sites/basicPublishingCredentialsPolicies');
    const off = ['ftp', 'scm'].every((name) =>
      policies.some((policy) => policy.name === `${one.name}/${name}` && at(policy, 'properties.allow') === false),
    );
    return off && at(one, 'properties.siteConfig.ftpsState') === 'Disabled';
  }),
  FA10: each(sites, (one) => at(one, 'properties.siteConfig.remoteDebuggingEnabled') !== true),
  FA11: equals(sites, 'properties.siteConfig.http20Enabled', true),
  FA12: equals(sites, 'properties.clientAffinityEnabled', false),
  FA13: each(sites, (one) => !listAt(one, 'properties.siteConfig.cors.allowedOrigins').includes('*')),
  FA14: each(functionApps, (one) => {
    const { name, version } = (at(one, 'properties.functionAppConfig.runtime') ?? {}) as Record<string, string>;
    return name === 'node' && Number(version) >= 20;
  }),
  FA15: equals(
    functionApps,
    'properties.functionAppConfig.deployment.storage.authentication.type',
    'UserAssignedIdentity',
  ),
  FA16: each(functionApps, (one, template) => {
    const settings = appSettings(one, template);
    const names = Object.keys(settings);
    return (
      names.some((name) => /__.*ServiceUri$/.test(name)) &&
      names.some((name) => name.endsWith('__credential')) &&
      (template.of('ServiceBus/namespaces').length === 0 ||
        names.some((name) => /ServiceBus.*__fullyQualifiedNamespace$/.test(name))) &&
      !names.some((name) => ['AzureWebJobsStorage', 'WEBSITE_CONTENTAZUREFILECONNECTIONSTRING'].includes(name)) &&
      !Object.values(settings).some((value) => secret.test(value))
    );
  }),
  FA17: each(sites, (one, template) =>
    (appSettings(one, template)['APPLICATIONINSIGHTS_AUTHENTICATION_STRING'] ?? '').includes('Authorization=AAD'),
  ),
  FA18: each(sites, (one, template) => {
    const auth = config(one, template, 'authsettingsV2')?.properties;
    const entra = at(auth, 'identityProviders.azureActiveDirectory');
    const policy = at(entra, 'validation.defaultAuthorizationPolicy');
    return (
      at(auth, 'globalValidation.requireAuthentication') === true &&
      at(auth, 'globalValidation.unauthenticatedClientAction') === 'Return401' &&
      !/common|organizations/.test(String(at(entra, 'registration.openIdIssuer'))) &&
      listAt(entra, 'validation.allowedAudiences').length > 0 &&
      listAt(policy, 'allowedApplications').length > 0 &&
      listAt(entra, 'validation.jwtClaimChecks.allowedGroups').length > 0
    );
  }),
  FA19: equals(sites, 'properties.sshEnabled', false),
  FA20: each(functionApps, (one) => at(one, 'properties.functionAppConfig.siteUpdateStrategy.type') !== undefined),
  FA21: logged(functionApps, ['FunctionAppLogs', 'AppServiceAuditLogs']),
  FA22: each(functionApps, (one, { stage }) => {
    const scale = at(one, 'properties.functionAppConfig.scaleAndConcurrency');
    const always = listAt(scale, 'alwaysReady') as { name: string; instanceCount: number }[];
    return (
      Number(at(scale, 'maximumInstanceCount')) >= 40 &&
      at(scale, 'instanceMemoryMB') !== undefined &&
      (stage !== 'prod' || always.some(({ name, instanceCount }) => name === 'durable' && instanceCount >= 1))
    );
  }),
  FA23: equals(sites, 'properties.clientCertEnabled', true),
};

/** Images. @source infra-checklist.json */
export const imageRules: Rules = (() => {
  const registries = 'ContainerRegistry/registries';
  return {
    CR01: equals(registries, 'sku.name', 'Premium'),
    CR02: equals(registries, 'properties.adminUserEnabled', false),
    CR03: equals(registries, 'properties.anonymousPullEnabled', false),
    CR04: equals(registries, 'properties.publicNetworkAccess', 'Disabled'),
    CR05: equals(registries, 'properties.policies.exportPolicy.status', 'disabled'),
    CR06: equals(registries, 'properties.dataEndpointEnabled', true),
    CR07: equals(registries, 'properties.policies.azureADAuthenticationAsArmPolicy.status', 'disabled'),
    CR08: each(registries, (one) =>
      ['quarantinePolicy', 'trustPolicy', 'retentionPolicy'].every(
        (policy) => at(one, `properties.policies.${policy}.status`) === 'enabled',
      ),
    ),
    CR09: inProd(equals(registries, 'properties.zoneRedundancy', 'Enabled')),
    CR10: none(registries, ['tokens', 'scopeMaps']),
    CR11: reached(registries, 'registry', ['privatelink.azurecr.io']),
  };
})();
