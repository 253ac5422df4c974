/** A compiled template as a flat list of resources, whatever it was compiled to. */

/** A resource. Values that only Azure knows are expressions: texts in brackets. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly apiVersion: string;
  readonly kind?: string;
  readonly location?: string;
  readonly sku?: Json;
  readonly identity?: Json;
  readonly tags?: Readonly<Record<string, string>>;
  readonly properties: Json;
}

/** Any object of JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** Values of `environment().suffixes` in the public cloud. @source https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-deployment#environment */
const suffixes: Readonly<Record<string, string>> = {
  acrLoginServer: '.azurecr.io',
  keyvaultDns: '.vault.azure.net',
  sqlServerHostname: '.database.windows.net',
  storage: 'core.windows.net',
};

/** A template with its stage. */
export class Template {
  readonly resources: readonly Resource[];
  readonly stage: string;
  /** The file as it is. */
  readonly text: string;
  /** What a deployment comes to: it has no parameters, outputs or nested deployments. */
  readonly isSnapshot: boolean;

  /** @param text - the file: a snapshot of `bicep snapshot`, or an ARM template */
  constructor(text: string) {
    this.text = text;
    const file = JSON.parse(withZones(text)) as {
      predictedResources?: readonly Partial<Resource>[];
      resources?: unknown;
    };
    this.resources = file.predictedResources?.map(complete) ?? flatten(file.resources);
    this.isSnapshot = file.predictedResources !== undefined;
    const stages = this.resources.map((one) => tagOf(one, 'environment'));
    this.stage = stages.find((stage) => stage !== undefined && !stage.startsWith('[')) ?? 'prod';
  }

  /** @param type - without `Microsoft.` */
  of(type: string): readonly Resource[] {
    const whole = `microsoft.${type}`.toLowerCase();
    return this.resources.filter((one) => one.type.toLowerCase() === whole);
  }

  /** Extension resources of a type on a resource. */
  on(resource: Resource, type: string): readonly Resource[] {
    return this.of(type).filter(({ id }) => scopeOf(id) === resource.id);
  }
}

/** @returns the value of a tag, undefined where there is none; names of tags ignore case */
export function tagOf({ tags }: Resource, name: string): string | undefined {
  return Object.entries(tags ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** @returns where a resource is written: id of what an extension resource belongs to; of anything else, its own */
export function targetOf(id: string): string {
  const [, extended] = /^\[extensionResourceId\('([^']+)'/.exec(id) ?? [];
  const [, subscription, group] = /^\[(?:subscriptionR|r)esourceId\('([^'/]+)'(?:, '([^'/]+)')?/.exec(id) ?? [];
  const [, before] = /^(\/subscriptions\/.+?)\/providers\/Microsoft\.Authorization\/[^/]+\/[^/]+$/.exec(id) ?? [];
  const [, owner] = /^(\/subscriptions\/.*\/providers\/.*)\/providers\/[^/]+\/[^/]+\/[^/]+$/.exec(id) ?? [];
  if (subscription !== undefined)
    return `/subscriptions/${subscription}${group === undefined ? '' : `/resourceGroups/${group}`}`;
  return extended ?? before ?? owner ?? id;
}

/** @returns id of the resource that an extension resource belongs to; of anything else, its resource group or subscription */
export function scopeOf(id: string): string {
  const target = targetOf(id);
  if (target !== id && target.includes('/providers/')) return target;
  const [, subscription, group] = /^\/subscriptions\/([^/]+)(?:\/resourceGroups\/([^/]+))?/.exec(target) ?? [];
  if (group === 'NetworkWatcherRG') return `resource group ${group}`;
  return subscription !== undefined && group === undefined ? 'subscription' : 'resource group';
}

/** @returns the value at a path of keys, undefined where there is none */
export function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (one, key) => (typeof one === 'object' && one !== null ? Reflect.get(one, key) : undefined),
      value,
    );
}

/** @returns the list at a path of keys; empty where there is none, or an expression stands for it */
export function listAt(value: unknown, path: string): readonly unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}

/** Names of private zones that are written with `environment().suffixes`, as they are in the public cloud. */
function withZones(text: string): string {
  return text
    .replaceAll(
      /format\('(privatelink[^'{}]*)\{0\}', environment\(\)\.suffixes\.(\w+)\)/g,
      (expression: string, start: string, suffix: string) =>
        suffixes[suffix] === undefined ? expression : `'${start}${suffixes[suffix]}'`,
    )
    .replaceAll(/"\['(privatelink[^'"\]]*)'\]"/g, '"$1"');
}

function complete(one: Partial<Resource>): Resource {
  const { id = '', type = '', name = '', apiVersion = '', properties = {} } = one;
  return { ...one, id, type, name, apiVersion, properties };
}

/** Nested deployments are opened; what they are given stays an expression. What exists already is not the template's. */
function flatten(resources: unknown): readonly Resource[] {
  const list = Array.isArray(resources) ? resources : Object.values(resources ?? {});
  const written = (list as Partial<Resource>[]).filter((one) => at(one, 'existing') !== true);
  return written.flatMap((one) => {
    const inner = at(one, 'properties.template.resources');
    const own = complete({ ...one, id: one.id ?? `${one.type}/${one.name}` });
    const children = flatten(at(one, 'resources')).map((child) => ({ ...child, type: `${own.type}/${child.type}` }));
    return inner === undefined ? [own, ...children] : [own, ...flatten(inner)];
  });
}
