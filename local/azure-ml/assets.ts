/** Data, code, environments, models and components: containers by name, and versions that are immutable but for their words and tags. */
import { canonicalJson } from '#shared/domain/canonical-json.ts';

import { ArmError, invalid, notFound, notServed } from './arm-error.ts';
import { listed, type Described } from './asset-list.ts';
import { ok, page, type Answer, type Call } from './call.ts';
import { readComponentSpec } from './composite/component.ts';
import type { WorkspaceContext } from './context.ts';
import { answerPendingUpload } from './pending-upload.ts';
import type { Resource } from './resource-store.ts';

/** Kinds of assets, as they stand in a path in lower case, and what each version must say. */
const required = {
  data: ['dataUri', 'dataType'],
  codes: ['codeUri'],
  environments: [],
  models: ['modelUri'],
  components: [],
} as const satisfies Record<string, readonly string[]>;

type AssetKind = keyof typeof required;

/** @returns whether a path begins with a kind of asset */
export function isAssetKind(kind: string): kind is AssetKind {
  return Object.hasOwn(required, kind);
}

/** Answers a request below `data`, `codes`, `environments`, `models` or `components`. */
export function answerAsset(context: WorkspaceContext, kind: AssetKind, call: Call): Answer | Promise<Answer> {
  const [, name, versions, version, action, ...more] = call.segments;
  if (name === undefined) return answerContainers(context, kind, call);
  if (versions === undefined) return answerContainer(context, kind, name, call);
  if (versions.toLowerCase() !== 'versions' || more.length > 0) throw notServedPath(call);
  if (version === undefined) {
    if (call.method !== 'GET') throw notServed(`${call.method} of versions`);
    const path = `${kind}/${name}/versions`;
    const all = listed(call, context.resources.list(path), describedOf);
    return page(call, all, context.pageSize, (one) => viewOf(context, path, one));
  }
  if (action?.toLowerCase() === 'startpendingupload' && call.method === 'POST')
    return answerPendingUpload(context, { kind, name, version }, call.body);
  if (action !== undefined) throw notServedPath(call);
  return answerVersion(context, kind, { name, version }, call);
}

function answerContainers(context: WorkspaceContext, kind: AssetKind, call: Call): Answer {
  if (call.method !== 'GET') throw notServed(`${call.method} of ${kind}`);
  const all = listed(call, context.resources.list(kind), describedOf);
  return page(call, all, context.pageSize, (one) => containerView(context, kind, one));
}

function answerContainer(context: WorkspaceContext, kind: AssetKind, name: string, call: Call): Answer {
  const { resources } = context;
  const path = `${kind}/${name}`;
  const existing = resources.get(path);
  switch (call.method) {
    case 'PUT': {
      propertiesOf(call.body);
      resources.put(path, name, call.body, {});
      return { status: existing === undefined ? 201 : 200, body: containerView(context, kind, found(context, path)) };
    }
    case 'GET':
      return ok(containerView(context, kind, found(context, path)));
    case 'DELETE': {
      for (const version of resources.list(`${path}/versions`)) resources.remove(version.path);
      resources.remove(path);
      return { status: existing === undefined ? 204 : 200 };
    }
    default:
      throw notServedPath(call);
  }
}

function answerVersion(
  context: WorkspaceContext,
  kind: AssetKind,
  { name, version }: { readonly name: string; readonly version: string },
  call: Call,
): Answer {
  const path = `${kind}/${name}/versions`;
  switch (call.method) {
    case 'PUT': {
      const created = put(context, kind, `${path}/${version}`, version, call.body);
      if (context.resources.get(`${kind}/${name}`) === undefined)
        context.resources.put(`${kind}/${name}`, name, { properties: {} }, {});
      return { status: created ? 201 : 200, body: viewOf(context, path, found(context, `${path}/${version}`)) };
    }
    case 'GET':
      return ok(viewOf(context, path, found(context, `${path}/${version}`)));
    case 'DELETE': {
      const existed = context.resources.get(`${path}/${version}`) !== undefined;
      context.resources.remove(`${path}/${version}`);
      return { status: existed ? 200 : 204 };
    }
    default:
      throw notServedPath(call);
  }
}

/** @returns whether it is new */
function put(
  { resources }: WorkspaceContext,
  kind: AssetKind,
  path: string,
  version: string,
  body: Readonly<Record<string, unknown>>,
): boolean {
  const properties = propertiesOf(body);
  for (const key of required[kind])
    if (typeof properties[key] !== 'string') throw invalid(`${path}: ${key} is missing.`);
  if (kind === 'environments' && properties['image'] === undefined && properties['build'] === undefined)
    throw invalid(`${path}: an environment needs an image or a build context.`);
  if (kind === 'components') readComponentSpec(properties['componentSpec']);
  const existing = resources.get(path);
  if (existing !== undefined && fixedPart(existing.body) !== fixedPart(body))
    throw new ArmError(409, 'UserError', `${path} exists already with other properties; versions are immutable.`);
  resources.put(path, version, body, {});
  return existing === undefined;
}

function found({ resources }: WorkspaceContext, path: string): Resource {
  const resource = resources.get(path);
  if (resource === undefined) throw notFound(path);
  return resource;
}

function viewOf({ workspaceId }: WorkspaceContext, collection: string, version: Resource): Record<string, unknown> {
  const [kind = ''] = collection.split('/');
  return {
    id: `${workspaceId}/${collection}/${version.name}`,
    name: version.name,
    type: `Microsoft.MachineLearningServices/workspaces/${kind}/versions`,
    properties: {
      isArchived: false,
      isAnonymous: false,
      tags: {},
      properties: {},
      ...(kind === 'models' ? { flavors: {} } : {}),
      ...propertiesOf(version.body),
      provisioningState: 'Succeeded',
    },
    systemData: { createdAt: version.createdAt, lastModifiedAt: version.createdAt },
  };
}

/** A container tells its latest version and, where versions are numbers, the next one. */
function containerView(context: WorkspaceContext, kind: AssetKind, container: Resource): Record<string, unknown> {
  const versions = context.resources.list(`${kind}/${container.name}/versions`);
  const numbers = versions.map(({ name }) => Number(name)).filter(Number.isInteger);
  return {
    id: `${context.workspaceId}/${kind}/${container.name}`,
    name: container.name,
    type: `Microsoft.MachineLearningServices/workspaces/${kind}`,
    properties: {
      isArchived: false,
      ...propertiesOf(container.body),
      ...(versions[0] === undefined ? {} : { latestVersion: versions[0].name }),
      nextVersion: String(Math.max(0, ...numbers) + 1),
    },
    systemData: { createdAt: container.createdAt, lastModifiedAt: container.createdAt },
  };
}

function describedOf(resource: Resource): Described {
  const properties = propertiesOf(resource.body);
  return {
    name: resource.name,
    description: properties['description'],
    isArchived: properties['isArchived'] === true,
    tags: (properties['tags'] ?? {}) as Readonly<Record<string, string>>,
    properties: (properties['properties'] ?? {}) as Readonly<Record<string, string>>,
  };
}

function fixedPart(body: Readonly<Record<string, unknown>>): string {
  const {
    description: _description,
    tags: _tags,
    properties: _properties,
    isArchived: _archived,
    stage: _stage,
    ...fixed
  } = propertiesOf(body);
  return canonicalJson(fixed);
}

function propertiesOf(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { properties } = body;
  if (typeof properties !== 'object' || properties === null) throw invalid('The body has no properties.');
  return { ...properties };
}

function notServedPath({ method, segments }: Call): ArmError {
  return notServed(`${method} ${segments.join('/')}`);
}
