/** Versions of data, code, environments and models: immutable but for their words and tags. */
import { canonicalJson } from '#shared/domain/canonical-json.ts';

import { ArmError, invalid, notFound, notServed } from './arm-error.ts';
import { readComponentSpec } from './composite/component.ts';
import { ok, page, type Answer, type Call } from './call.ts';
import type { WorkspaceContext } from './context.ts';
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
export function answerAsset(context: WorkspaceContext, kind: AssetKind, call: Call): Answer {
  const [, name, versions, version, action] = call.segments;
  if (name === undefined || versions?.toLowerCase() !== 'versions' || action !== undefined)
    throw notServed(`${call.method} ${call.segments.join('/')}`);
  const path = `${kind}/${name}/versions`;
  const view = (one: Resource): unknown => viewOf(context, `${kind}/${name}/versions`, one);
  if (version === undefined) {
    if (call.method !== 'GET') throw notServed(`${call.method} of versions`);
    return page(call, context.resources.list(path), context.pageSize, view);
  }
  if (call.method === 'PUT') {
    const created = put(context, kind, `${path}/${version}`, version, call.body);
    return { status: created ? 201 : 200, body: view(requiredVersion(context, `${path}/${version}`)) };
  }
  if (call.method === 'GET') return ok(view(requiredVersion(context, `${path}/${version}`)));
  throw notServed(`${call.method} of an asset version`);
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

function requiredVersion({ resources }: WorkspaceContext, path: string): Resource {
  const found = resources.get(path);
  if (found === undefined) throw notFound(path);
  return found;
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
      ...propertiesOf(version.body),
      provisioningState: 'Succeeded',
    },
    systemData: { createdAt: version.createdAt },
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
