import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { resolveSetting, type Settings } from './resolve-setting.ts';

const timeSpan = z.string().regex(/^(\d+\.)?\d{1,2}:\d{2}:\d{2}(\.\d+)?$/, 'a time span such as 00:30:00');

/** What the laptop reads of host.json; the rest concerns Azure. */
const hostJson = z.looseObject({
  version: z.literal('2.0'),
  functionTimeout: z.union([timeSpan, z.literal('-1')]).default('00:30:00'),
  logging: z.looseObject({ logLevel: z.record(z.string(), z.string()).default({}) }).prefault({}),
  extensions: z
    .looseObject({
      http: z.looseObject({ routePrefix: z.string().default('api') }).prefault({}),
      serviceBus: z
        .looseObject({
          maxConcurrentCalls: z.int().positive().default(16),
          maxAutoLockRenewalDuration: timeSpan.default('00:05:00'),
        })
        .prefault({}),
      durableTask: z
        .looseObject({
          hubName: z
            .string()
            .regex(/^[A-Za-z][A-Za-z0-9]{2,44}$/, 'a hub name: 3 to 45 letters and digits')
            .default('TestHubName'),
        })
        .prefault({}),
    })
    .prefault({}),
});
/** See {@link readHostJson}. */
export type HostJson = z.output<typeof hostJson>;

/**
 * Reads host.json; `%NAME%` stands for the setting of that name.
 *
 * @throws {Error} it is not valid, or names a setting that isn't there; in Azure the host would answer 503
 * @source azure-facts.md 1.3: names and defaults
 */
export function readHostJson(appDirectory: string, settings: Settings): HostJson {
  const file = join(appDirectory, 'host.json');
  const parsed = hostJson.safeParse(resolveAll(JSON.parse(readFileSync(file, 'utf8')), settings));
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function resolveAll(value: unknown, settings: Settings): unknown {
  if (typeof value === 'string') return resolveSetting(value, settings, 'host.json');
  if (Array.isArray(value)) return value.map((one) => resolveAll(one, settings));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolveAll(one, settings)]));
}

/** @returns milliseconds of a .NET time span such as `00:30:00` or `1.02:03:04`; `-1` is no limit */
export function timeSpanMs(span: string): number {
  if (span === '-1') return Number.POSITIVE_INFINITY;
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(span);
  if (match === null) throw new Error(`"${span}" is no time span.`);
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
}
