import { spawnSync } from 'node:child_process';

/** Where a Python may be: on PATH, and Debian's own where PATH has another first. */
const candidates = ['python3', '/usr/bin/python3'];

/** @returns path of an interpreter that has all of these modules; undefined where the machine has none */
export function pythonWith(...modules: readonly string[]): string | undefined {
  const script = `import sys, ${modules.join(', ')}; print(sys.executable)`;
  return candidates
    .map((python) => spawnSync(python, ['-c', script], { encoding: 'utf8' }))
    .find(({ status }) => status === 0)
    ?.stdout.trim();
}
