/** What an identity may do by the roles that a template gives it, held against what a template writes. */
import { principalOf, roleOf } from './rules/identity.ts';
import { at, listAt, targetOf, type Resource, type Template } from './template.ts';

/** Actions, some of them with `*`. */
interface Permission {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

/** A role that an identity has. */
export interface Grant {
  /** Id of the subscription, resource group or resource that it has it on. */
  readonly scope: string;
  readonly permission: Permission;
  readonly condition: string;
}

/** Something that a deployment does. */
export interface Need {
  /** Id of what it does it to. */
  readonly on: string;
  readonly action: string;
  /** What it writes, where conditions look at that. */
  readonly resource?: Resource;
}

/** What the built-in roles allow that delivery has. @source https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
const builtIn: Readonly<Record<string, Permission>> = {
  // Contributor
  'b24988ac-6180-42a0-ab88-20f7382dd24c': {
    actions: ['*'],
    notActions: [
      'Microsoft.Authorization/*/Delete',
      'Microsoft.Authorization/*/Write',
      'Microsoft.Authorization/elevateAccess/Action',
      'Microsoft.Blueprint/blueprintAssignments/write',
      'Microsoft.Blueprint/blueprintAssignments/delete',
      'Microsoft.Compute/galleries/share/action',
      'Microsoft.Purview/consents/write',
      'Microsoft.Purview/consents/delete',
    ],
  },
  // Role Based Access Control Administrator
  'f58310d9-a9f6-439a-9e8d-f62e7b41a168': {
    actions: [
      'Microsoft.Authorization/roleAssignments/write',
      'Microsoft.Authorization/roleAssignments/delete',
      '*/read',
      'Microsoft.Support/*',
    ],
    notActions: [],
  },
  // Reader
  'acdd72a7-3385-48ef-bd42-f606fba81ae7': { actions: ['*/read'], notActions: [] },
};

/** @returns the roles that an identity has by a template. @param who - its work, as in `infra` */
export function grantsOf(template: Template, who: string): readonly Grant[] {
  const custom = new Map(template.of('Authorization/roleDefinitions').map((one) => [one.name, permissionOf(one)]));
  return template
    .of('Authorization/roleAssignments')
    .filter((one) => principalOf(one) === who)
    .map((one) => {
      const permission = builtIn[roleOf(one)] ?? custom.get(roleOf(one));
      if (permission === undefined) throw new Error(`Nobody knows what the role ${roleOf(one)} of ${who} allows.`);
      return { scope: targetOf(one.id), permission, condition: String(at(one, 'properties.condition') ?? '') };
    });
}

/** @returns everything that a deployment of a template does: what it writes, and a deployment wherever it writes. */
export function needsOf(template: Template): readonly Need[] {
  const writes = template.resources.map((resource) => ({
    on: targetOf(resource.id),
    action: `${resource.type.replace(/^Microsoft\.Resources\/resourceGroups$/, 'Microsoft.Resources/subscriptions/resourceGroups')}/write`,
    resource,
  }));
  const places = new Set(writes.flatMap(({ on }) => placesOf(on)));
  return [...writes, ...[...places].map((on) => ({ on, action: 'Microsoft.Resources/deployments/write' }))];
}

/** @returns the needs that no grant covers */
export function uncovered(needs: readonly Need[], grants: readonly Grant[]): readonly string[] {
  return needs
    .filter((need) => !grants.some((grant) => covers(grant, need)))
    .map(({ on, action }) => `${action} on ${on}`);
}

/** @returns roles that a condition lets somebody hand out: `kind of principal: id of the role`, sorted */
export function grantable(condition: string, verb: 'write' | 'delete'): readonly string[] {
  const [, clause = ''] =
    new RegExp(`roleAssignments/${verb}'\\}\\)\\) OR (.*?)(?:\\)\\) AND \\(\\(!|$)`).exec(condition) ?? [];
  const from = verb === 'write' ? '@Request' : '@Resource';
  return clause
    .split(' OR ')
    .flatMap((one) => {
      const [ids, kinds] = [...one.matchAll(/(@\w+)\[[^\]]+\] \w+:\w+ \{([^}]*)\}/g)].map(([, of, list = '']) =>
        of === from ? list.split(', ') : [],
      );
      return (kinds ?? []).flatMap((kind) => (ids ?? []).map((id) => `${kind.replaceAll("'", '')}: ${id}`));
    })
    .toSorted();
}

function permissionOf(definition: Resource): Permission {
  const [one] = listAt(definition, 'properties.permissions');
  return { actions: listAt(one, 'actions') as string[], notActions: listAt(one, 'notActions') as string[] };
}

/** The subscription and, where there is one, the resource group of an id: deployments run there. */
function placesOf(id: string): readonly string[] {
  const [group, subscription] = /^(\/subscriptions\/[^/]+)(?:\/resourceGroups\/[^/]+)?/.exec(id) ?? [];
  return [group, subscription].filter((place) => place !== undefined);
}

function covers({ scope, permission, condition }: Grant, { on, action, resource }: Need): boolean {
  const isInScope = `${on}/`.toLowerCase().startsWith(`${scope}/`.toLowerCase());
  const names = (patterns: readonly string[]): boolean => patterns.some((pattern) => matches(pattern, action));
  if (!isInScope || !names(permission.actions) || names(permission.notActions)) return false;
  if (condition === '' || !matches('Microsoft.Authorization/roleAssignments/write', action)) return true;
  if (resource === undefined) return false;
  return grantable(condition, 'write').includes(
    `${String(at(resource, 'properties.principalType'))}: ${roleOf(resource)}`,
  );
}

function matches(pattern: string, action: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(action);
}
