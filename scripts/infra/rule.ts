import { at, listAt, type Resource, type Template } from './template.ts';

/** What a rule says of a template: nothing to look at, or what breaks it. */
export type Verdict = 'absent' | readonly string[];

/** A rule of the checklist. */
export type Rule = (template: Template) => Verdict;

/** Rules by id. */
export type Rules = Readonly<Record<string, Rule>>;

/** Every resource of a type must be so. @param type - without `Microsoft.` */
export function each(type: string, holds: (one: Resource, template: Template) => boolean): Rule {
  return (template) => {
    const all = template.of(type);
    return all.length === 0 ? 'absent' : all.filter((one) => !holds(one, template)).map(({ name }) => name);
  };
}

/** Every resource of a type has a value at a path. */
export function equals(type: string, path: string, value: unknown): Rule {
  return each(type, (one) => at(one, path) === value);
}

/** No resource of a type may be there. */
export function none(type: string): Rule {
  return (template) => template.of(type).map(({ name }) => name);
}

/** A statement about the whole template. @returns what breaks it */
export function whole(problems: (template: Template) => readonly string[]): Rule {
  return problems;
}

/** Rules that only count in production. */
export function inProd(rule: Rule): Rule {
  return (template) => (template.stage === 'prod' ? rule(template) : 'absent');
}

/** A private endpoint of a group with the right zones leads to every resource of a type. */
export function reached(type: string, group: string, zones: readonly string[]): Rule {
  return each(type, ({ id }, template) =>
    template.of('Network/privateEndpoints').some((endpoint) => {
      const connections = listAt(endpoint, 'properties.privateLinkServiceConnections') as Resource[];
      const leads = connections.some(
        (one) =>
          at(one, 'properties.privateLinkServiceId') === id &&
          (listAt(one, 'properties.groupIds') as string[]).includes(group),
      );
      const text = JSON.stringify(
        template
          .of('Network/privateEndpoints/privateDnsZoneGroups')
          .filter((one) => one.id.startsWith(`${endpoint.id}/`)),
      );
      return leads && zones.every((zone) => text.includes(zone));
    }),
  );
}

/** Logs of a resource go to Log Analytics. @param categories - all of them, or one group of all */
export function logged(type: string, categories: readonly string[], groups: readonly string[] = ['allLogs']): Rule {
  return each(type, (one, template) =>
    template.on(one, 'Insights/diagnosticSettings').some((setting) => {
      const logs = (listAt(setting, 'properties.logs') as Readonly<Record<string, unknown>>[]).filter(
        ({ enabled }) => enabled === true,
      );
      const has = (key: string, value: string): boolean => logs.some((log) => log[key] === value);
      const isThere = typeof at(setting, 'properties.workspaceId') === 'string';
      const all = categories.length > 0 && categories.every((category) => has('category', category));
      return isThere && (all || groups.some((group) => has('categoryGroup', group)));
    }),
  );
}
