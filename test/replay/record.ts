/**
 * Records the histories of a release: `node test/replay/record.ts`, once, before it is released. What stands there
 * already is left as it is: an old release never changes.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { loadOrchestrations } from '../orchestrations/stage.ts';
import { play, stories } from './stories.ts';

const root = join(import.meta.dirname, '..', '..');
const host = JSON.parse(readFileSync(join(root, 'host.json'), 'utf8')) as {
  readonly extensions: { readonly durableTask: { readonly defaultVersion: string } };
};
const folder = join(root, 'test', 'fixtures', 'histories', host.extensions.durableTask.defaultVersion);
mkdirSync(folder, { recursive: true });
const worker = await loadOrchestrations();
for (const [name, story] of Object.entries(stories)) {
  const file = join(folder, `${name}.json`);
  if (existsSync(file)) continue;
  writeFileSync(file, `${JSON.stringify(await play(worker, story))}\n`);
  process.stdout.write(`${file}\n`);
}
