/** What stops a start: it would stand still, or be undefined, in Azure or here. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { startFunctionsHost } from '#local/functions-host/functions-host.ts';

const root = join(import.meta.dirname, '..', '..');
/** Below the project, so that the apps find its packages. */
const folder = mkdtempSync(join(root, 'node_modules', '.whence-refusals-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let apps = 0;
/** An app of these lines. */
function appOf(lines: string, hostJson: object = { version: '2.0' }): string {
  apps += 1;
  const home = join(folder, `app-${apps}`);
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), JSON.stringify({ type: 'module', main: 'app.mjs' }));
  writeFileSync(join(home, 'host.json'), JSON.stringify(hostJson));
  writeFileSync(
    join(home, 'app.mjs'),
    `import { app } from '@azure/functions';\nconst handler = () => ({});\n${lines}\n`,
  );
  return home;
}

async function messageOf(appDirectory: string): Promise<string> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'whence-refusals-'));
  try {
    const host = await startFunctionsHost({
      appDirectory,
      env: { SET: '0 0 * * * *' },
      stateFolder,
      onLog: () => undefined,
    });
    await host.stop();
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(stateFolder, { recursive: true });
  }
}

const ok = "app.http('fine', { methods: ['GET'], handler });";

test('an app whose functions are all served starts', async () => {
  expect(await messageOf(appOf(`${ok} app.timer('tick', { schedule: '%SET%', handler });`))).toBe('');
});

test.each([
  [
    'a trigger that is not served',
    "app.storageQueue('q', { queueName: 'x', connection: 'C', handler });",
    'q: the trigger queueTrigger is not served',
  ],
  [
    'a topic',
    "app.serviceBusTopic('t', { topicName: 'x', subscriptionName: 's', connection: 'C', handler });",
    't: of Service Bus triggers, those of queues are served',
  ],
  [
    'batches of messages',
    "app.serviceBusQueue('b', { queueName: 'x', connection: 'C', cardinality: 'many', handler });",
    'b: Service Bus messages are handed over one at a time',
  ],
  [
    'an output binding',
    "app.http('o', { methods: ['GET'], handler, extraOutputs: [{ type: 'queue', name: 'out', direction: 'out', queueName: 'x', connection: 'C' }] });",
    'o: the output binding queue is not served',
  ],
])('%s is refused by name, with the list of all functions', async (_what, lines, message) => {
  const refusal = await messageOf(appOf(`${ok}\n${lines}`));
  expect(refusal).toContain(message);
  expect(refusal).toContain('The app registered:\n  fine (httpTrigger) GET /api/fine');
});

test.each([
  ['no function at all', '', 'The app registered no function'],
  [
    'two functions with one route',
    "app.http('a', { route: 'x/{id}', handler }); app.http('b', { route: 'X/{name}', handler });",
    'Functions "a" and "b" have one route, GET /api/x/{}',
  ],
  ['a malformed route', "app.http('a', { route: 'x/{id', handler });", 'Route template "api/x/{id" is malformed'],
  ['an unknown constraint', "app.http('a', { route: 'x/{id:even}', handler });", 'the constraint "even" is not served'],
  ['a function key', "app.http('a', { authLevel: 'function', handler });", 'Function "a" has authLevel "function"'],
  [
    'a bad schedule',
    "app.timer('a', { schedule: '* * * * *', handler });",
    'Function "a": "* * * * *" is not NCRONTAB',
  ],
  [
    'a setting that is not set',
    "app.timer('a', { schedule: '%UNSET%', handler });",
    'names the setting %UNSET%, which is not set',
  ],
  [
    'a connection that is not set',
    "app.serviceBusQueue('a', { queueName: 'x', connection: 'C', handler });",
    'Function "a": the setting C is not set',
  ],
  ['an entry file that throws', "throw new Error('no luck');", 'unable to load entry point'],
])('%s stops the start', async (_what, lines, message) => {
  expect(await messageOf(appOf(lines))).toContain(message);
});

test.each([
  [{ version: '1.0' }, 'version'],
  [{ version: '2.0', functionTimeout: 'soon' }, 'a time span such as 00:30:00'],
  [{ version: '2.0', extensions: { durableTask: { hubName: '%HUB%' } } }, 'names the setting %HUB%'],
  [{ version: '2.0', logging: { logLevel: { default: 'Loud' } } }, 'logging.logLevel.default: "Loud" is not one of'],
])('host.json %o stops the start', async (hostJson, message) => {
  expect(await messageOf(appOf(ok, hostJson))).toContain(message);
});
