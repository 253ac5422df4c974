/** Texts of Azure ML that say the same in other words. Pure. */
import { parse } from 'yaml';

import { canonicalJson } from '#shared/domain/canonical-json.ts';
import { isRecord } from '#shared/domain/is-record.ts';

const ASSET = /^(?:data|models|environments|components|codes)\/([^/]+)\/(?:versions\/([^/]+)|labels\/([^/]+))$/;
const REFERENCES: ReadonlySet<unknown> = new Set(['environment', 'environmentId', 'component', 'componentId', 'uri']);
const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/**
 * Compares two texts at a place.
 *
 * @param at - path of the member, and ARM id of the workspace
 */
export function isSameText(
  asked: string,
  found: string,
  { path, workspaceId }: { readonly path: readonly string[]; readonly workspaceId: string },
): boolean {
  const [one, other] = [plain(asked, workspaceId), plain(found, workspaceId)];
  if (one === other) return true;
  if (path.at(-1) === 'value') return isSameLiteral(one, other);
  if (path.at(-1) === 'uri' && path.at(-3) === 'outputs')
    // Placeholders are filled, and a file gets the name of its output.
    return /\$\{\{(?:name|output_name|default_datastore)\}\}/.test(one) || other === `${one}/${path.at(-2) ?? ''}`;
  // What was asked for by a label is told by its version.
  if (!REFERENCES.has(path.at(-1))) return false;
  const labelled = /^([^\s@]+)@[\w.-]+$|^(azureml:\/\/registries\/.+)\/labels\/[\w.-]+$/.exec(one);
  return labelled !== null && (labelled[1] ?? labelled[2]) === other.replace(/(?::|\/versions\/)[\w.-]+$/, '');
}

/** The service may write YAML as JSON, in another order, and with a name. */
export function isSameCondaFile(asked: string, found: string): boolean {
  const [one, other] = [condaOf(asked), condaOf(found)];
  return one === undefined || other === undefined ? asked.trim() === found.trim() : one === other;
}

function condaOf(text: string): string | undefined {
  try {
    const value: unknown = parse(text);
    if (!isRecord(value)) return undefined;
    return canonicalJson({ channels: value['channels'] ?? [], dependencies: value['dependencies'] ?? [] });
  } catch {
    return undefined;
  }
}

function isSameLiteral(one: string, other: string): boolean {
  if (NUMBER.test(one) && NUMBER.test(other)) return Number(one) === Number(other);
  return /^(?:true|false)$/i.test(one) && one.toLowerCase() === other.toLowerCase();
}

/** Short forms of what lies in the workspace; commands stay as they are but for their line ends. */
function plain(text: string, workspaceId: string): string {
  const trimmed = text.replaceAll('\r\n', '\n').trim();
  const own = ownPart(trimmed, workspaceId);
  if (own !== undefined) {
    const [, name, version, label] = ASSET.exec(own) ?? [];
    if (name !== undefined) return version === undefined ? `${name}@${label ?? ''}` : `${name}:${version}`;
    return own.startsWith('datastores/') ? `azureml://${own}`.replace(/\/+$/, '') : own;
  }
  if (/^azureml:\/\//.test(trimmed)) return trimmed.replace(/\/+$/, '');
  if (/^https?:\/\/\S+$/.test(trimmed)) return plainUrl(trimmed);
  return trimmed.replace(/^azureml:/, '');
}

/** What follows the workspace in an ARM id or an address; undefined: it is another workspace's, or nobody's. */
function ownPart(text: string, workspaceId: string): string | undefined {
  const [, workspace = '', rest] =
    /^(?:azureml:)?\/{0,2}(subscriptions\/.+?\/workspaces\/[^/]+)\/(.+)$/is.exec(text) ?? [];
  return bare(workspace) === bare(workspaceId) ? rest : undefined;
}

function bare(id: string): string {
  return id
    .toLowerCase()
    .replace('/providers/microsoft.machinelearningservices', '')
    .replaceAll(/^\/+|\/+$/g, '');
}

/** On a laptop, storage may have another port after a restart. */
function plainUrl(text: string): string {
  if (!URL.canParse(text)) return text;
  const { protocol, hostname, host, pathname, search } = new URL(text);
  const isLaptop = hostname === '127.0.0.1' || hostname === 'localhost';
  return `${protocol}//${isLaptop ? hostname : host}${pathname.replace(/\/+$/, '')}${search}`;
}
