import { each, equals, inProd, logged, reached, whole, type Rules } from '../rule.ts';
import { at, listAt, type Resource, type Template } from '../template.ts';

const plans = 'Web/serverfarms';
const sites = 'Web/sites';

/** A `config` of a site, by its last name. */
function config(site: Resource, template: Template, name: string): Resource | undefined {
  return template.of('Web/sites/config').find((one) => one.name === `${site.name}/${name}`);
}

/** App settings of a site, wherever the template has them. */
export function appSettings(site: Resource, template: Template): Readonly<Record<string, string>> {
  const own = config(site, template, 'appsettings')?.properties as Record<string, string> | undefined;
  const listed = listAt(site, 'properties.siteConfig.appSettings') as { name: string; value: string }[];
  return own ?? Object.fromEntries(listed.map(({ name, value }) => [name, value]));
}

/** Looks like a secret. @source checklist FA16 */
const secret = /AccountKey=|SharedAccessKey|[?&]sig=|Password|listKeys\(/i;

const tls = (value: unknown): boolean => ['1.2', '1.3'].includes(String(value));

/** The function app and its plan. @source infra-checklist.json */
export const functionAppRules: Rules = {
  FA01: each(plans, (one) => at(one, 'sku.name') === 'FC1' && at(one, 'properties.reserved') === true),
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
  FA08: each(sites, (one, template) => {
    const subnet = String(at(one, 'properties.virtualNetworkSubnetId') ?? '');
    const delegated = template
      .of('Network/virtualNetworks')
      .flatMap((network) => listAt(network, 'properties.subnets') as Resource[])
      .some(
        ({ name, properties }) =>
          subnet.endsWith(`/subnets/${name}`) && JSON.stringify(properties).includes('Microsoft.App/environments'),
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
  FA14: each(sites, (one) => {
    const { name, version } = (at(one, 'properties.functionAppConfig.runtime') ?? {}) as Record<string, string>;
    return name === 'node' && Number(version) >= 20;
  }),
  FA15: equals(sites, 'properties.functionAppConfig.deployment.storage.authentication.type', 'UserAssignedIdentity'),
  FA16: each(sites, (one, template) => {
    const settings = appSettings(one, template);
    const names = Object.keys(settings);
    return (
      names.some((name) => /__.*ServiceUri$/.test(name)) &&
      names.some((name) => name.endsWith('__credential')) &&
      names.some((name) => /ServiceBus.*__fullyQualifiedNamespace$/.test(name)) &&
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
  FA20: each(sites, (one) => at(one, 'properties.functionAppConfig.siteUpdateStrategy.type') !== undefined),
  FA21: logged(sites, ['FunctionAppLogs', 'AppServiceAuditLogs']),
  FA22: each(sites, (one, { stage }) => {
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
    CR10: whole((template) =>
      ['tokens', 'scopeMaps'].flatMap((part) => template.of(`${registries}/${part}`)).map(({ name }) => name),
    ),
    CR11: reached(registries, 'registry', ['privatelink.azurecr.io']),
  };
})();
