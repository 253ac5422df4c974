import type { WorkerLog } from '../worker/worker.ts';

/** Least to most severe. @source Microsoft Learn, "Configure log levels" */
const levels = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'];

/**
 * Which log lines pass, after `logging.logLevel` of host.json: the level of the longest category that matches decides.
 *
 * @param logLevel - category (or `default`) → level
 * @throws {Error} a level that doesn't exist
 * @source local-runtime.md §2.6: what a function logs is in the category `Function.<name>.User`
 */
export function logFilter(logLevel: Readonly<Record<string, string>>): (entry: WorkerLog) => boolean {
  const entries = Object.entries(logLevel).map(([category, level]) => ({
    category: category.toLowerCase(),
    rank: rankOf(level, category),
  }));
  const fallback = entries.find(({ category }) => category === 'default')?.rank ?? rankOf('information', 'default');
  const byLength = entries
    .filter(({ category }) => category !== 'default')
    .toSorted((one, other) => other.category.length - one.category.length);
  return (entry) => {
    const category = categoryOf(entry).toLowerCase();
    const match = byLength.find((one) => category === one.category || category.startsWith(`${one.category}.`));
    return levels.indexOf(entry.level.toLowerCase()) >= (match?.rank ?? fallback);
  };
}

function categoryOf({ category, functionName }: WorkerLog): string {
  if (functionName === undefined) return 'Host';
  return category === 'user' ? `Function.${functionName}.User` : `Function.${functionName}`;
}

function rankOf(level: string, category: string): number {
  const rank = levels.indexOf(level.toLowerCase());
  if (rank < 0)
    throw new Error(`host.json, logging.logLevel.${category}: "${level}" is not one of ${levels.join(', ')}.`);
  return rank;
}
