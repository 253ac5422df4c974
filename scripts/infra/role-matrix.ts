/** Who may do what where, as a template has it: one line an assignment. */
import { readFileSync } from 'node:fs';

import { principalOf, roleOf } from './rules/identity.ts';
import { at, scopeOf, type Template } from './template.ts';

const names = new Map(
  Object.entries(
    JSON.parse(readFileSync(new URL('../../infra/modules/identity/roles.json', import.meta.url), 'utf8')) as Record<
      string,
      string
    >,
  ).map(([name, id]) => [id, name]),
);

/** @returns lines `who: role on where`, sorted; where is what the scope is for, without what makes its name unique */
export function roleMatrix(template: Template): readonly string[] {
  const custom = new Map(
    template
      .of('Authorization/roleDefinitions')
      .map((one) => [one.name, String(at(one, 'properties.roleName')).replace(/ \(.*\)$/, '')]),
  );
  return template
    .of('Authorization/roleAssignments')
    .map((one) => {
      const role = roleOf(one);
      return `${principalOf(one)}: ${names.get(role) ?? custom.get(role) ?? role} on ${placeOf(one.id)}`;
    })
    .toSorted();
}

/** The last two parts of a scope, such as `queues/data-events`; names of whole resources end before their token. */
function placeOf(id: string): string {
  const scope = scopeOf(id);
  const [type = '', name = ''] = scope.split('/').slice(-2);
  if (!scope.startsWith('/')) return scope;
  const account = /storageAccounts\/(st[a-z]+?)[a-z0-9]{13}\//.exec(scope)?.[1];
  if (['containers', 'queues', 'topics', 'keys', 'taskHubs'].includes(type))
    return `${type}/${account === undefined ? '' : `${account}/`}${name}`;
  return `${type}/${name.replace(/(-\w+-[a-z0-9]{5}|[a-z0-9]{13})$/, '')}`;
}
