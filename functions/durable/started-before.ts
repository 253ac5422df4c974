import type { OrchestrationContext } from 'durable-functions';

/**
 * Whether an instance was started by a release before a version of the orchestrations: then it must go on as it began,
 * because its history is replayed.
 *
 * @param version - `major.minor.patch`, a `defaultVersion` of host.json
 */
export function startedBefore(context: OrchestrationContext, version: string): boolean {
  const [mine, other] = [context.df.version ?? version, version].map((text) => text.split('.').map(Number));
  const at = [0, 1, 2].find((part) => (mine?.[part] ?? 0) !== (other?.[part] ?? 0));
  return at !== undefined && (mine?.[at] ?? 0) < (other?.[at] ?? 0);
}
