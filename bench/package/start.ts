/**
 * One start of an app in a fresh process: puts `@azure/functions-core` in place, imports the app's entry file as the
 * worker does, and prints how old the process is then and what the app registered. Its argument is the entry file.
 */
import { pathToFileURL } from 'node:url';

import { installCore } from '#local/worker/functions-core.ts';

const [file = ''] = process.argv.slice(2);
const session = installCore(() => undefined);
await import(pathToFileURL(file).href);
const ms = performance.now();
process.stdout.write(JSON.stringify({ ms, functions: session.functions.map(({ name }) => name) }));
