import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What stands in for a container image on a laptop. */
export interface LaptopEnvironment {
  /** Folders in PATH before the system's. */
  readonly pathEntries: readonly string[];
  /** `node_modules` that jobs and scoring servers may import from. */
  readonly nodeModules?: string;
}

/**
 * Azure ML environments that a laptop can run, by name: Node with the packages that Whence itself has installed. The
 * Docker image of the same name holds the same.
 *
 * @param appDirectory - folder with node_modules
 */
export function laptopEnvironments(appDirectory: string): Readonly<Record<string, LaptopEnvironment>> {
  const nodeModules = join(appDirectory, 'node_modules');
  return {
    'whence-node': { pathEntries: [dirname(process.execPath)], ...(existsSync(nodeModules) ? { nodeModules } : {}) },
  };
}
