/** What rules look at where a type alone does not say it. */
import { listAt, type Resource, type Template } from './template.ts';

/** @returns function apps: other apps are of the same type */
export function functionApps(template: Template): readonly Resource[] {
  return template.of('Web/sites').filter(({ kind }) => kind?.includes('functionapp'));
}

/** @returns subnets, those inside a network (by their last name) and those that are resources of their own */
export function subnetsOf(template: Template): readonly Resource[] {
  const inside = template.of('Network/virtualNetworks').flatMap(({ id, type, apiVersion, properties }) =>
    (listAt(properties, 'subnets') as Pick<Resource, 'name' | 'properties'>[]).map((one) => ({
      ...one,
      id: `${id}/subnets/${one.name}`,
      type: `${type}/subnets`,
      apiVersion,
    })),
  );
  return [...inside, ...template.of('Network/virtualNetworks/subnets')];
}
