import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { LaptopEnvironment } from '../azure-ml/environment.ts';

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
