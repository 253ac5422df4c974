import { delimiter } from 'node:path';

import { invalid } from './arm-error.ts';
import type { ResourceStore } from './resource-store.ts';

/** What an Azure ML environment is on a laptop: folders for PATH, and node_modules for its jobs. */
export interface LaptopEnvironment {
  readonly pathEntries: readonly string[];
  /** Linked beside the code of a job, so that its imports resolve. */
  readonly nodeModules?: string;
}

/** An environment version, found. */
export interface FoundEnvironment extends LaptopEnvironment {
  /** As the version says it; undefined where it says nothing. */
  readonly inferenceConfig: unknown;
}

/**
 * Finds what stands for an environment version on this machine.
 *
 * @param id - ARM id, or `azureml:name:version`
 * @throws {ArmError} there is no such version, or nothing on this machine stands for it
 */
export function findEnvironment(
  resources: ResourceStore,
  environments: Readonly<Record<string, LaptopEnvironment>>,
  id: string,
): FoundEnvironment {
  const match = /environments\/([^/]+)\/versions\/([^/]+)$/.exec(id) ?? /^azureml:([^:]+):([^:]+)$/.exec(id);
  const [, name = '', version = ''] = match ?? [];
  const stored = resources.get(`environments/${name}/versions/${version}`);
  if (stored === undefined) throw invalid(`There is no environment version "${id}".`);
  const { image, inferenceConfig } = (stored.body['properties'] ?? {}) as {
    image?: string;
    inferenceConfig?: unknown;
  };
  const found = environments[name] ?? (image === undefined ? undefined : environments[image]);
  if (found === undefined) {
    throw invalid(
      `Nothing on this machine stands for the environment "${name}:${version}". Known: ${Object.keys(environments).join(', ')}. Use one of them, or name it in the laptop's settings.`,
    );
  }
  return { ...found, inferenceConfig };
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
