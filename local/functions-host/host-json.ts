import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

/** What the laptop reads of host.json; the rest concerns Azure. */
const hostJson = z.looseObject({
  version: z.literal('2.0'),
  functionTimeout: z.string().regex(/^(\d+\.)?\d{2}:\d{2}:\d{2}$/).optional(),
  logging: z.looseObject({ logLevel: z.record(z.string(), z.string()).optional() }).optional(),
  extensions: z
    .looseObject({
      http: z.looseObject({ routePrefix: z.string().optional() }).optional(),
      serviceBus: z.looseObject({ maxConcurrentCalls: z.int().positive().optional(), maxAutoLockRenewalDuration: z.string().optional() }).optional(),
      durableTask: z.looseObject({ hubName: z.string().optional() }).optional(),
    })
    .optional(),
});
/** See {@link readHostJson}. */
export type HostJson = z.output<typeof hostJson>;

/**
 * Reads host.json; `%NAME%` stands for the setting of that name.
 *
 * @throws {Error} it is not valid, or names a setting that isn't there
 */
export function readHostJson(appDirectory: string, env: Readonly<Record<string, string | undefined>>): HostJson {
  const text = readFileSync(join(appDirectory, 'host.json'), 'utf8').replaceAll(/%(\w+)%/g, (_match, name: string) => {
    const value = env[name];
    if (value === undefined) throw new Error(`host.json names the setting %${name}%, which is not set.`);
    return value;
  });
  return hostJson.parse(JSON.parse(text));
}

/** @returns milliseconds of a .NET time span such as `00:30:00` or `1.02:03:04` */
export function timeSpanMs(span: string): number {
  const match = /^(?:(\d+)\.)?(\d{2}):(\d{2}):(\d{2})$/.exec(span);
  if (match === null) throw new Error(`"${span}" is no time span.`);
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
}
