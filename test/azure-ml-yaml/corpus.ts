/** Microsoft's example files with the answers of their own converter: `../shared/reference/azureml-yaml`, not ours to commit. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { azureMlKinds, type AzureMlKind } from '#shared/domain/azure-ml/kinds.ts';

const root = resolve(import.meta.dirname, '../../../shared/reference/azureml-yaml');

/** Whether the examples are there. */
export const hasCorpus = existsSync(join(root, 'cases.json'));

/** One example. */
export interface CorpusCase {
  readonly yaml: string;
  readonly kind: AzureMlKind;
}

/** The examples of the kinds that this release converts. */
export function corpusCases(): readonly CorpusCase[] {
  const cases: unknown = JSON.parse(readFileSync(join(root, 'cases.json'), 'utf8'));
  const list = Array.isArray(cases) ? (cases as { yaml: string; kind: string }[]) : [];
  return list.flatMap(({ yaml, kind }) =>
    azureMlKinds.filter((known) => known === kind).map((known) => ({ yaml, kind: known })),
  );
}

/** @returns bytes of a file below `yaml/`, or undefined */
export function readCorpus(path: string): Uint8Array | undefined {
  const file = join(root, 'yaml', path);
  return existsSync(file) && statSync(file).isFile() ? readFileSync(file) : undefined;
}

/** @returns the answer of Microsoft's converter */
export function corpusAnswer(path: string): unknown {
  return JSON.parse(readFileSync(join(root, 'rest', `${path}.rest.json`), 'utf8'));
}

/**
 * The normalisation that the README of the examples states: enum case, versions of anonymous environments, nulls and
 * empty objects don't count.
 */
export function normalised(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => normalised(item));
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? foldEnum(key, value) : value;
  const derived = derivedKeys(key, value as Readonly<Record<string, unknown>>);
  const members = Object.entries(value)
    .filter(([name]) => !derived.includes(name))
    .map(([name, member]) => [name, normalised(member, name)] as const)
    .filter(([, member]) => member !== null && !isEmptyObject(member));
  return Object.fromEntries(members);
}

/** What Microsoft's tools derive from the contents: not compared. */
function derivedKeys(key: string, value: Readonly<Record<string, unknown>>): readonly string[] {
  if (key === '$anonymousEnvironment' || value['name'] === 'CliV2AnonymousEnvironment') return ['version'];
  if (value['name'] === 'azureml_anonymous') return ['name', 'version'];
  return key === 'properties' ? ['client_component_hash'] : [];
}

const enumKeys = new Set([
  'authMode',
  'publicNetworkAccess',
  'egressPublicNetworkAccess',
  'mode',
  'jobType',
  'distributionType',
  'goal',
]);

function foldEnum(key: string, value: string): string {
  return enumKeys.has(key) ? value.toLowerCase() : value;
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
