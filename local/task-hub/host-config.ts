import { z } from 'zod';

/**
 * Settings of `host.json` `extensions.durableTask` that the hub honours; the others concern backends.
 *
 * @source azure-facts.md 1.3: names and defaults
 */
export const durableTaskConfig = z.looseObject({
  hubName: z.string().default('TestHubName'),
  defaultVersion: z.string().optional(),
  maxConcurrentActivityFunctions: z.int().positive().default(10),
  maxConcurrentOrchestratorFunctions: z.int().positive().default(5),
});
/** See {@link durableTaskConfig}. */
export type DurableTaskConfig = z.output<typeof durableTaskConfig>;

/**
 * Whether an instance of this version is run by an app of `defaultVersion` (`CurrentOrOlder`).
 *
 * @source azure-facts.md 5.6: numeric comparison of dotted numbers, else without case; none is oldest
 */
export function acceptsVersion(defaultVersion: string | undefined, version: string | null): boolean {
  if (version === null || version === '') return true;
  if (defaultVersion === undefined) return false;
  const [mine, theirs] = [defaultVersion, version].map((one) => one.split('.').map(Number));
  if (mine === undefined || theirs === undefined) return false;
  if ([...mine, ...theirs].some(Number.isNaN)) return version.toLowerCase() <= defaultVersion.toLowerCase();
  for (let at = 0; at < Math.max(mine.length, theirs.length); at += 1) {
    const difference = (theirs[at] ?? 0) - (mine[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return true;
}
