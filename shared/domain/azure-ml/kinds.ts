/** The kinds of Azure ML CLI v2 YAML that this release takes, and how a file says which it is. */

/** One word a kind. */
export const azureMlKinds = ['commandJob', 'environment', 'managedOnlineEndpoint', 'managedOnlineDeployment'] as const;
/** One of {@link azureMlKinds}. */
export type AzureMlKind = (typeof azureMlKinds)[number];

/**
 * What a file says of its own kind, in lower case: the schema's file name up to the first dot, else `type` of a job.
 *
 * @param value - the document
 * @returns a word like `commandjob` or `pipelinejob`, or undefined if the file says nothing
 * @source Azure ML CLI v2: `$schema: https://azuremlschemas.azureedge.net/latest/<kind>.schema.json`
 */
export function statedKind(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('$schema' in value && typeof value.$schema === 'string') {
    const kind = /([^/]+)\.schema\.json$/i.exec(value.$schema)?.[1];
    if (kind !== undefined) return kind.toLowerCase();
  }
  if ('type' in value && typeof value.type === 'string') return `${value.type.toLowerCase()}job`;
  return undefined;
}
