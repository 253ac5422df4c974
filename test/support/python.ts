import { spawnSync } from 'node:child_process';

/** Where a Python may be: on PATH, and Debian's own where PATH has another first. */
const candidates = ['python3', '/usr/bin/python3'];

/** @returns an interpreter that has all of these modules; undefined where the machine has none */
export function pythonWith(...modules: readonly string[]): string | undefined {
  return candidates.find((python) => spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0);
}
