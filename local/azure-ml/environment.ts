import { delimiter } from 'node:path';

import { invalid } from './arm-error.ts';
import type { PythonFinder } from './python.ts';
import type { ResourceStore } from './resource-store.ts';

/** What an Azure ML environment is on a laptop: folders for PATH, and node_modules for its jobs. */
export interface LaptopEnvironment {
  readonly pathEntries: readonly string[];
  /** Linked beside the code of a job, so that its imports resolve. */
  readonly nodeModules?: string;
  /** The interpreter, where it is one of Python. */
  readonly python?: string;
}

/** An environment version, found. */
export interface FoundEnvironment extends LaptopEnvironment {
  /** As the version says it; undefined where it says nothing. */
  readonly inferenceConfig: unknown;
}

/** Where environments are looked for. */
export interface EnvironmentPlaces {
  readonly resources: ResourceStore;
  /** By name of the environment, or by image. */
  readonly environments: Readonly<Record<string, LaptopEnvironment>>;
  readonly python: PythonFinder;
}

const REGISTRY = /^azureml:\/\/registries\/[^/]+\/environments\/([^/]+)\/(?:versions|labels)\/([^/]+)$/;

/**
 * Finds what stands for an environment version on this machine: what the settings name, else the machine's Python where a
 * conda file says what it needs.
 *
 * @param id - ARM id, `azureml:name:version`, `azureml:name@latest`, or a version of a registry
 * @throws {ArmError} there is no such version, or nothing on this machine stands for it
 */
export function findEnvironment({ resources, environments, python }: EnvironmentPlaces, id: string): FoundEnvironment {
  const [, shared] = REGISTRY.exec(id) ?? [];
  if (shared !== undefined) {
    const named = environments[shared];
    if (named === undefined) throw notHere(shared, environments);
    return { ...named, inferenceConfig: undefined };
  }
  const match =
    /environments\/([^/]+)\/(?:versions|labels)\/([^/]+)$/.exec(id) ?? /^(?:azureml:)?([^:@/]+)[:@]([^:@/]+)$/.exec(id);
  const [, name = '', asked = ''] = match ?? [];
  const versions = `environments/${name}/versions`;
  const version = asked === 'latest' ? resources.list(versions)[0]?.name : asked;
  const stored = resources.get(`${versions}/${version ?? ''}`);
  if (stored === undefined) {
    const named = environments[name];
    if (named !== undefined && asked === 'latest') return { ...named, inferenceConfig: undefined };
    throw invalid(`There is no environment version "${id}".`);
  }
  const { image, condaFile, inferenceConfig } = (stored.body['properties'] ?? {}) as {
    image?: string;
    condaFile?: string;
    inferenceConfig?: unknown;
  };
  const found = environments[name] ?? (image === undefined ? undefined : environments[image]);
  if (found !== undefined) return { ...found, inferenceConfig };
  if (condaFile === undefined) throw notHere(`${name}:${version ?? ''}`, environments);
  return { ...python.environment(condaFile), inferenceConfig };
}

function notHere(name: string, environments: EnvironmentPlaces['environments']): Error {
  return invalid(
    `Nothing on this machine stands for the environment "${name}". Known: ${Object.keys(environments).join(', ')}. Use one of them, give it a conda file, or name its interpreter under "Environments" in local.settings.json.`,
  );
}

/** PATH of a process in an environment; the system's own folders come last. */
export function pathOf(environment: LaptopEnvironment): string {
  return [...environment.pathEntries, '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);
}

/**
 * Finds the address of a code version's files.
 *
 * @param id - ARM id, or `azureml:name:version`
 * @throws {ArmError} there is no such version
 */
export function findCodeUri(resources: ResourceStore, id: string): string {
  const match = /codes\/([^/]+)\/versions\/([^/]+)$/.exec(id) ?? /^azureml:([^:]+):([^:]+)$/.exec(id);
  const stored = resources.get(`codes/${match?.[1] ?? ''}/versions/${match?.[2] ?? ''}`);
  const { codeUri } = (stored?.body['properties'] ?? {}) as { codeUri?: string };
  if (codeUri === undefined) throw invalid(`There is no code version "${id}".`);
  return codeUri;
}
