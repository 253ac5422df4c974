import { about, each, equals, inProd, logged, reached, type Rules } from '../rule.ts';
import { at, type Resource, type Template } from '../template.ts';

const workspaces = 'MachineLearningServices/workspaces';
const computes = 'MachineLearningServices/workspaces/computes';
const registries = 'MachineLearningServices/registries';

/** Definitions of the policies. @source checklist ML17 */
const policies = [
  '5853517a-63de-11ea-bc55-0242ac130003',
  '77eeea86-7e81-4a7d-9067-de844d096752',
  '6a6f7384-63de-11ea-bc55-0242ac130003',
  '3948394e-63de-11ea-bc55-0242ac130003',
];

const outboundRules = (template: Template): readonly Resource[] => template.of(`${workspaces}/outboundRules`);

/** Workspaces with a network that Azure manages. */
const managed = (template: Template): readonly Resource[] =>
  template
    .of(workspaces)
    .filter((one) => ![undefined, 'Disabled'].includes(at(one, 'properties.managedNetwork.isolationMode') as string));

/** Azure ML. ML16 is about requests, not about a template. @source infra-checklist.json */
export const learningRules: Rules = {
  ML01: each(
    workspaces,
    (one) =>
      at(one, 'properties.publicNetworkAccess') === 'Disabled' &&
      at(one, 'properties.allowPublicAccessWhenBehindVnet') !== true,
  ),
  ML02: each(
    workspaces,
    (one) =>
      at(one, 'identity.type') === 'UserAssigned' && at(one, 'properties.primaryUserAssignedIdentity') !== undefined,
  ),
  ML03: equals(workspaces, 'properties.managedNetwork.isolationMode', 'AllowOnlyApprovedOutbound'),
  ML04: about(
    (template) => [...managed(template), ...outboundRules(template)],
    (_, template) => {
      const inline = managed(template).flatMap((one) =>
        Object.entries((at(one, 'properties.managedNetwork.outboundRules') ?? {}) as object),
      );
      const rules = outboundRules(template).map(({ name, properties }) => [name, properties] as const);
      return [...inline, ...rules].filter(([, rule]) => at(rule, 'type') !== 'PrivateEndpoint').map(([name]) => name);
    },
  ),
  ML05: equals(workspaces, 'properties.systemDatastoresAuthMode', 'Identity'),
  ML06: each(workspaces, (one) => typeof at(one, 'properties.hbiWorkspace') === 'boolean'),
  ML07: equals(workspaces, 'properties.v1LegacyMode', false),
  ML08: reached(workspaces, 'amlworkspace', ['privatelink.api.azureml.ms', 'privatelink.notebooks.azure.net']),
  ML09: equals(computes, 'properties.disableLocalAuth', true),
  ML10: each(
    computes,
    (one) =>
      at(one, 'properties.computeType') !== 'AmlCompute' ||
      (at(one, 'properties.properties.scaleSettings.minNodeCount') === 0 &&
        at(one, 'properties.properties.remoteLoginPortPublicAccess') === 'Disabled' &&
        at(one, 'properties.properties.enableNodePublicIp') === false),
  ),
  ML11: each(computes, (one, template) => {
    const mine = Object.keys((at(one, 'identity.userAssignedIdentities') ?? {}) as object);
    const theirs = template
      .of(workspaces)
      .flatMap((workspace) => Object.keys((at(workspace, 'identity.userAssignedIdentities') ?? {}) as object));
    return at(one, 'identity.type') === 'UserAssigned' && mine.length === 1 && !theirs.includes(mine[0] ?? '');
  }),
  ML12: each(
    computes,
    (one, { stage }) =>
      at(one, 'properties.computeType') !== 'ComputeInstance' ||
      (stage !== 'prod' && at(one, 'properties.properties.idleTimeBeforeShutdown') !== undefined),
  ),
  ML13: each(workspaces, (one) => typeof at(one, 'properties.imageBuildCompute') === 'string'),
  ML14: logged(workspaces, []),
  ML15: (template) => {
    const isClosed = equals(registries, 'properties.publicNetworkAccess', 'Disabled')(template);
    const isReached = reached(registries, 'amlregistry', ['privatelink.api.azureml.ms'])(template);
    return isClosed === 'absent' || isReached === 'absent' ? 'absent' : [...isClosed, ...isReached];
  },
  ML17: inProd(
    about(workspaces, (_, template) => {
      const text = JSON.stringify(template.of('Authorization/policyAssignments'));
      return policies.filter((id) => !text.includes(id)).map((id) => `no assignment of policy ${id}`);
    }),
  ),
  ML18: about(workspaces, ({ length }) => (length === 1 ? [] : ['not one workspace'])),
};
