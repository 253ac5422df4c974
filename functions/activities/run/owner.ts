/**
 * Whether a run made a deployment. Untagged ones are of releases before deployments were tagged.
 *
 * @param tags - of the deployment
 */
export function isMine(tags: Readonly<Record<string, string>>, runId: string): boolean {
  return (tags['whence.owner'] ?? runId) === runId;
}
