/** Entry of azd's hooks: `npm run azd -- preprovision`. azure.yaml says when each runs. */
import { resolve } from 'node:path';

import { CliError } from '#cli/cli-error.ts';

import { postdeploy } from './postdeploy.ts';
import { postdown } from './postdown.ts';
import { predeploy } from './predeploy.ts';
import { preprovision, type HookOptions } from './preprovision.ts';

/** Hook → what it does. */
const hooks: Readonly<Record<string, (options: HookOptions) => Promise<void>>> = {
  preprovision,
  predeploy,
  postdeploy,
  postdown,
};

const [name = ''] = process.argv.slice(2);
const hook = Object.hasOwn(hooks, name) ? hooks[name] : undefined;
try {
  if (hook === undefined) throw new CliError(`There is no hook "${name}".`, `One of ${Object.keys(hooks).join(', ')}.`);
  await hook({
    root: resolve(import.meta.dirname, '..', '..'),
    env: process.env,
    say: (line) => console.log(line),
  });
} catch (error) {
  if (!(error instanceof CliError)) throw error;
  console.error(`whence: ${error.message}\n  ${error.fix}`);
  process.exitCode = 1;
}
