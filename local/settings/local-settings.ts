import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

/** @source Microsoft Learn, "Local settings file": what the Functions tools read */
const localSettingsFile = z.looseObject({
  IsEncrypted: z.literal(false).optional(),
  Values: z.record(z.string(), z.string()).default({}),
  /** Of Whence: name or image of an Azure ML environment → path of the interpreter that stands for it. */
  Environments: z.record(z.string(), z.string().startsWith('/', 'an absolute path')).default({}),
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
  return Object.fromEntries(Object.entries(readFile(appDirectory).Values).filter(([, value]) => !/^<.*>$/.test(value)));
}

/**
 * The interpreters that stand for Azure ML environments: `Environments` of local.settings.json. `python3` stands for every
 * environment with a conda file that none is named for.
 *
 * @throws {Error} the file is not what it should be
 */
export function readLocalEnvironments(appDirectory: string): Readonly<Record<string, string>> {
  return readFile(appDirectory).Environments;
}

function readFile(appDirectory: string): z.output<typeof localSettingsFile> {
  const file = join(appDirectory, 'local.settings.json');
  if (!existsSync(file)) return localSettingsFile.parse({});
  const parsed = localSettingsFile.safeParse(parse(file));
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}. See local.settings.sample.json.`);
  return parsed.data;
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
