import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

/** @source Microsoft Learn, "Local settings file": what the Functions tools read */
const localSettingsFile = z.looseObject({
  IsEncrypted: z.literal(false).optional(),
  Values: z.record(z.string(), z.string()).default({}),
});

/**
 * The user's own settings: `Values` of local.settings.json in the app's folder.
 *
 * Values that stand for addresses of the laptop runtime (`<from …>` in the sample) are left out, so that a copy of the
 * sample works as it is.
 *
 * @throws {Error} the file is not what the Functions tools read
 */
export function readLocalSettings(appDirectory: string): Record<string, string> {
  const file = join(appDirectory, 'local.settings.json');
  if (!existsSync(file)) return {};
  const parsed = localSettingsFile.safeParse(parse(file));
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}. See local.settings.sample.json.`);
  return Object.fromEntries(Object.entries(parsed.data.Values).filter(([, value]) => !/^<.*>$/.test(value)));
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
