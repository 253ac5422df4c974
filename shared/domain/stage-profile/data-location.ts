/**
 * Where an address of Azure ML leads, read from its beginning to its end: what is not known exactly is foreign. Pure.
 *
 * @source azure-facts.md 3.4: datastore short and long form, registries
 */

/** What an address names. */
export type DataLocation =
  | { readonly kind: 'datastore'; readonly name: string }
  | { readonly kind: 'registry'; readonly name: string }
  /** An asset of the stage's own workspace. */
  | { readonly kind: 'own-asset' }
  /** An address of Azure ML that is none of these. */
  | { readonly kind: 'foreign' }
  /** No address of Azure ML: a name and version, a local path, a text. */
  | { readonly kind: 'none' };

const DATASTORE = /^datastores\/([\w-]+|\$\{\{default_datastore\}\})\/paths\/(.*)$/s;
const WORKSPACE =
  /^(subscriptions\/[^/]+\/resourcegroups\/[^/]+\/(?:providers\/microsoft\.machinelearningservices\/)?workspaces\/[^/]+)\/(.*)$/is;
const ASSET = /^(?:data|models|environments|components|codes)\/[\w.-]+\/(?:versions|labels)\/[\w.-]+$/;
const REGISTRY = /^registries\/([\w-]+)\/(.*)$/s;
/** An address, or an ARM id with or without a prefix. */
const ADDRESS = /^\s*azureml:\s*\/\//i;
const ARM_ID = /^\s*(?:azureml:\s*)?\/subscriptions\/|^\s*azureml:\s*\//i;

/**
 * Reads an address.
 *
 * @param workspaceId - ARM id of the stage's workspace; undefined: it is not known, and the long form is foreign
 */
export function readDataLocation(text: string, workspaceId: string | undefined): DataLocation {
  if (ADDRESS.test(text))
    return text.startsWith('azureml://') ? readRest(text.slice('azureml://'.length), workspaceId) : { kind: 'foreign' };
  if (!ARM_ID.test(text)) return { kind: 'none' };
  const id = text.replace(/^azureml:/, '');
  return id.startsWith('/') ? readRest(id.slice(1), workspaceId) : { kind: 'foreign' };
}

function readRest(rest: string, workspaceId: string | undefined): DataLocation {
  const [, workspace, inside] = WORKSPACE.exec(rest) ?? [];
  if (workspace !== undefined && inside !== undefined) {
    if (workspaceId === undefined || plain(`/${workspace}`) !== plain(workspaceId)) return { kind: 'foreign' };
    return ASSET.test(inside) ? { kind: 'own-asset' } : datastore(inside);
  }
  const [, registry, asset] = REGISTRY.exec(rest) ?? [];
  if (registry !== undefined && asset !== undefined && ASSET.test(asset)) return { kind: 'registry', name: registry };
  return datastore(rest);
}

function datastore(rest: string): DataLocation {
  const [, name, path] = DATASTORE.exec(rest) ?? [];
  if (name === undefined || path === undefined || !isPlainPath(path)) return { kind: 'foreign' };
  return { kind: 'datastore', name };
}

/** Nothing in it could make somebody else read the address in another way. */
function isPlainPath(path: string): boolean {
  if (/[?#\\\p{Cc}]/u.test(path)) return false;
  return path.split('/').every((segment) => !/^(?:\.|%2e){1,2}$/i.test(segment) && !/%(?:2f|5c)/i.test(segment));
}

function plain(id: string): string {
  return id.toLowerCase().replace('/providers/microsoft.machinelearningservices', '').replace(/\/+$/, '');
}
