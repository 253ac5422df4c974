import { at, listAt, type Resource, type Template } from './template.ts';

/** What a rule says of a template: nothing to look at, or what breaks it. */
export type Verdict = 'absent' | readonly string[];

/** A rule of the checklist. */
export type Rule = (template: Template) => Verdict;

/** Rules by id. */
export type Rules = Readonly<Record<string, Rule>>;

/** What a rule looks at: all resources of a type (without `Microsoft.`), or some of a template. */
export type Subject = string | ((template: Template) => readonly Resource[]);

/** Something is said of all subjects together. @param problems - what breaks it, where there are any */
export function about(
  subject: Subject,
  problems: (all: readonly Resource[], template: Template) => readonly string[],
): Rule {
  return (template) => {
    const all = typeof subject === 'string' ? template.of(subject) : subject(template);
    return all.length === 0 ? 'absent' : problems(all, template);
  };
}

/** Every subject must be so. */
export function each(subject: Subject, holds: (one: Resource, template: Template) => boolean): Rule {
  return about(subject, (all, template) => all.filter((one) => !holds(one, template)).map(({ name }) => name));
}

/** Every subject has a value at a path. */
export function equals(subject: Subject, path: string, value: unknown): Rule {
  return each(subject, (one) => at(one, path) === value);
}

/** Resources of a type may have no such parts. @param parts - types below it, such as `secrets` */
export function none(type: string, parts: readonly string[]): Rule {
  const found = (template: Template): readonly Resource[] => parts.flatMap((part) => template.of(`${type}/${part}`));
  return about(
    (template) => [...template.of(type), ...found(template)],
    (_, template) => found(template).map(({ name }) => name),
  );
}

/** Rules that only count in production. */
export function inProd(rule: Rule): Rule {
  return (template) => (template.stage === 'prod' ? rule(template) : 'absent');
}

/** A private endpoint of a group with the right zones leads to every resource of a type. Its zones are those of the public cloud. */
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
export function logged(subject: Subject, categories: readonly string[], groups: readonly string[] = ['allLogs']): Rule {
  return each(subject, (one, template) =>
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
