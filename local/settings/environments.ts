import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { commandsFor } from '../azure-ml/python.ts';
import type { LaptopEnvironment } from '../azure-ml/environment.ts';

/**
 * Azure ML environments that a laptop can run, by name: Node with the packages that Whence itself has installed. The
 * Docker image of the same name holds the same.
 *
 * @param appDirectory - folder with node_modules
 * @param named - name or image of an environment → path of its interpreter, from local.settings.json
 * @param folder - for commands that start interpreters
 */
export function laptopEnvironments(
  appDirectory: string,
  named: Readonly<Record<string, string>>,
  folder: string,
): Readonly<Record<string, LaptopEnvironment>> {
  const nodeModules = join(appDirectory, 'node_modules');
  const own = Object.entries(named).map(([name, interpreter]): [string, LaptopEnvironment] => [
    name,
    /\bpython[\d.]*$/.test(interpreter)
      ? { pathEntries: [commandsFor(folder, interpreter)], python: interpreter }
      : { pathEntries: [dirname(interpreter)] },
  ]);
  return {
    ...Object.fromEntries(own),
    'whence-node': { pathEntries: [dirname(process.execPath)], ...(existsSync(nodeModules) ? { nodeModules } : {}) },
  };
}
