/** The kinds of Azure ML CLI v2 YAML that this release takes, and how a file says which it is. */

/** One word a kind, with what people call it. */
export const azureMlKindNames = {
  commandJob: 'a command job',
  sweepJob: 'a sweep job',
  pipelineJob: 'a pipeline job',
  commandComponent: 'a command component',
  pipelineComponent: 'a pipeline component',
  environment: 'an environment',
  data: 'a data asset',
  model: 'a model',
  managedOnlineEndpoint: 'a managed online endpoint',
  managedOnlineDeployment: 'a managed online deployment',
  kubernetesOnlineEndpoint: 'a Kubernetes online endpoint',
  kubernetesOnlineDeployment: 'a Kubernetes online deployment',
} as const;
/** A kind. */
export type AzureMlKind = keyof typeof azureMlKindNames;
/** All kinds. */
export const azureMlKinds = Object.keys(azureMlKindNames) as readonly AzureMlKind[];

/** Kinds that Azure ML has and that are out of scope, by the word in lower case. */
export const otherKinds: Readonly<Record<string, string>> = {
  automljob: 'AutoML jobs',
  sparkjob: 'Spark jobs',
  sparkcomponent: 'Spark components',
  paralleljob: 'Parallel jobs',
  parallelcomponent: 'Parallel components',
  automlcomponent: 'AutoML components',
  importjob: 'Import jobs',
  batchendpoint: 'Batch endpoints',
  batchdeployment: 'Batch deployments',
  modelbatchdeployment: 'Batch deployments',
  pipelinecomponentbatchdeployment: 'Batch deployments',
  schedule: 'Schedules (write `trigger.schedule` in pipeline.yaml)',
  monitorschedule: 'Monitoring schedules',
  workspace: 'Workspaces',
  amlcompute: 'Computes',
  computeinstance: 'Computes',
  azureblob: 'Datastores',
  registry: 'Registries',
};

/**
 * What a file says of its own kind, in lower case: the schema's file name, else `type` of a job.
 *
 * @param value - the document
 * @returns a word like `commandjob` or `pipelinejob`, or undefined if the file says nothing
 * @source Azure ML CLI v2: `$schema: https://azuremlschemas.azureedge.net/latest/<kind>.schema.json`
 */
export function statedKind(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('$schema' in value && typeof value.$schema === 'string') {
    const kind = /([^/]+?)(\.schema)?\.json$/i.exec(value.$schema)?.[1];
    if (kind !== undefined) return kind.toLowerCase();
  }
  const type = 'type' in value && typeof value.type === 'string' ? value.type.toLowerCase() : undefined;
  if (type === undefined) return undefined;
  return ['managed', 'kubernetes', 'uri_file', 'uri_folder', 'mltable'].includes(type) || type.endsWith('_model')
    ? undefined
    : `${type}job`;
}

/** Keys that only one kind has, for files that do not say what they are. */
const tellingKeys: readonly (readonly [string, AzureMlKind])[] = [
  ['trial', 'sweepJob'],
  ['jobs', 'pipelineJob'],
  ['command', 'commandJob'],
  ['auth_mode', 'managedOnlineEndpoint'],
  ['instance_type', 'managedOnlineDeployment'],
  ['endpoint_name', 'managedOnlineDeployment'],
  ['image', 'environment'],
  ['build', 'environment'],
  ['flavors', 'model'],
];

/**
 * @param value - the document
 * @returns the kind, or the word that the file says of itself where that is none of {@link azureMlKinds}
 */
export function kindOf(value: unknown): { readonly kind: AzureMlKind } | { readonly stated: string | undefined } {
  const stated = statedKind(value);
  const kind = azureMlKinds.find((known) => known.toLowerCase() === stated);
  if (kind !== undefined) return { kind };
  if (stated !== undefined) return { stated };
  if (typeof value !== 'object' || value === null) return { stated: undefined };
  const told = tellingKeys.find(([key]) => Object.hasOwn(value, key))?.[1];
  if (told !== undefined) return { kind: told };
  const type = 'type' in value && typeof value.type === 'string' ? value.type : '';
  if (['uri_file', 'uri_folder', 'mltable'].includes(type)) return { kind: 'data' };
  return type.endsWith('_model') ? { kind: 'model' } : { stated: undefined };
}
