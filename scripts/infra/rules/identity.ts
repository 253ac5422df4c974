import { about, each, inProd, type Rules } from '../rule.ts';
import { at, listAt, scopeOf, targetOf, type Resource, type Template } from '../template.ts';

const assignments = 'Authorization/roleAssignments';
const identities = 'ManagedIdentity/userAssignedIdentities';

/** Roles that say nothing about what they are for, or give away more than data. @source checklist ID01 */
const broad: Readonly<Record<string, string>> = {
  '8e3af657-a8ff-443c-a75c-2fe8c4bcb635': 'Owner',
  'b24988ac-6180-42a0-ab88-20f7382dd24c': 'Contributor',
  '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9': 'User Access Administrator',
  'f58310d9-a9f6-439a-9e8d-f62e7b41a168': 'Role Based Access Control Administrator',
  '17d1049b-9a84-46fb-8f53-869881c3d3ab': 'Storage Account Contributor',
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
};

/** Who an assignment is for: the work of an identity, or the source of a system topic. */
export function principalOf(one: Resource): string {
  const text = String(at(one, 'properties.principalId'));
  const [, work] = /userAssignedIdentities\/id-([a-z]+)-/.exec(text) ?? [];
  const [, topic] = /systemTopics\/evgt-([a-z]+)-/.exec(text) ?? [];
  return work ?? (topic === undefined ? text : `topic ${topic}`);
}

/** Id of the role of an assignment: a GUID. */
export function roleOf(one: Resource): string {
  return /([0-9a-f-]{36})('\))?\]?$/.exec(String(at(one, 'properties.roleDefinitionId')))?.[1] ?? '';
}

/** What may have a broad role: delivery by design, the workspace because Azure ML asks for it, the host's own storage. */
const exceptions = (one: Resource): boolean => {
  const [who, role] = [principalOf(one), broad[roleOf(one)]];
  return (
    who === 'infra' ||
    (who === 'workspace' && role === 'Contributor') ||
    (who === 'function' && role === 'Storage Blob Data Owner' && scopeOf(one.id).includes('/storageAccounts/sthost'))
  );
};

/** Approves private endpoints and reads no data: Azure AI Enterprise Network Connection Approver. */
const APPROVER = 'b556d68e-0be0-4f35-a333-ad7ee1ce17ea';

/** Roles of identities on data and evidence. */
const onData = (template: Template): readonly Resource[] =>
  template
    .of(assignments)
    .filter((one) => at(one, 'properties.principalType') === 'ServicePrincipal')
    .filter((one) => /\/storageAccounts\/(stdata|stproof)/.test(scopeOf(one.id)) && roleOf(one) !== APPROVER);

/** Identities and roles. ID02, the golden matrix, is a test of its own. @source infra-checklist.json */
export const identityRules: Rules = {
  ID01: about(assignments, (all) =>
    all
      .filter((one) => broad[roleOf(one)] !== undefined && !exceptions(one))
      .map((one) => `${principalOf(one)}: ${broad[roleOf(one)]}`),
  ),
  ID03: about(assignments, (all) =>
    all
      .filter((one) => {
        const isAtGroup = !scopeOf(one.id).startsWith('/');
        const isOfWork = !['infra', 'plan'].includes(principalOf(one));
        const isPerson = at(one, 'properties.principalType') === 'Group';
        return at(one, 'properties.principalType') === undefined || (isAtGroup && isOfWork && !isPerson);
      })
      .map((one) => `${principalOf(one)} on ${scopeOf(one.id)}`),
  ),
  ID04: about(onData, (all) =>
    all
      .filter(
        (one) =>
          at(one, 'properties.conditionVersion') !== '2.0' ||
          !String(at(one, 'properties.condition')).includes('containers:name'),
      )
      .map((one) => `${principalOf(one)} on ${scopeOf(one.id)}`),
  ),
  ID05: inProd(
    each(
      assignments,
      (one) => at(one, 'properties.principalType') !== 'User' && !/deployer\(/.test(JSON.stringify(one)),
    ),
  ),
  ID06: each(
    `${identities}/federatedIdentityCredentials`,
    (one) =>
      JSON.stringify(at(one, 'properties.audiences')) === '["api://AzureADTokenExchange"]' &&
      /^https:\/\/(token\.actions\.githubusercontent\.com|vstoken\.dev\.azure\.com\/|login\.microsoftonline\.com\/)/.test(
        String(at(one, 'properties.issuer')),
      ) &&
      /:environment:[\w-]+$|^sc:\/\/[^/]+\/[^/]+\/[^/]+$/.test(String(at(one, 'properties.subject'))),
  ),
  ID07: each('Authorization/roleDefinitions', (one) => {
    const text = JSON.stringify(at(one, 'properties.permissions'));
    // A subscription only where deployments run, and only for what runs them; the rest is for the group that has it.
    const isOfDelivery = /^Whence (Deployer|Planner) /.test(String(at(one, 'properties.roleName')));
    const scopes = listAt(one, 'properties.assignableScopes');
    const isInScope = isOfDelivery
      ? !/\/(write|delete)"/.test(text.replaceAll('"Microsoft.Resources/deployments/write"', ''))
      : /\/resourceGroups\/[^/]+$/.test(targetOf(one.id));
    return !text.includes('*') && scopes.length === 1 && scopes[0] === targetOf(one.id) && isInScope;
  }),
  ID08: about(identities, (all) => {
    const names = all.map(({ name }) => name);
    return ['function', 'workspace', 'job', 'endpoint', 'app']
      .filter((work) => !names.some((name) => name.startsWith(`id-${work}-`)))
      .map((work) => `no identity for ${work}`);
  }),
};
