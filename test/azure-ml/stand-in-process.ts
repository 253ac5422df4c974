/** The stand-in in a process of its own, so that a test can kill it. Argument: options as JSON; events go to a file. */
import { appendFileSync } from 'node:fs';

import { startAzureMl, type AzureMlOptions } from '#local/azure-ml/azure-ml.ts';

type Told = Omit<AzureMlOptions, 'identity' | 'sendEvent'> & { readonly eventsFile: string };

const { eventsFile, ...options } = JSON.parse(process.argv[2] ?? '') as Told;
const azureMl = await startAzureMl({
  ...options,
  // Who calls is not what this is about.
  identity: { verify: async () => undefined },
  sendEvent: async (event) => appendFileSync(eventsFile, `${JSON.stringify(event)}\n`),
});
process.stdout.write(`${azureMl.baseUrl}\n`);
