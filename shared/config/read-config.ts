import { WhenceError } from '#shared/errors/whence-error.ts';

import { settings, type Config, type Setting, type SettingName } from './settings.ts';

/** One thing wrong with the settings. */
export interface ConfigProblem {
  readonly setting: SettingName;
  readonly problem: string;
  readonly fix: string;
}

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

/** Whether a URL names this machine. */
function isLoopback(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  return loopbackHosts.has(new URL(value).hostname);
}

/**
 * Reads and checks the app settings once.
 *
 * @param env - environment variables
 * @returns the typed settings
 * @throws {WhenceError} `core.config-invalid` with every problem at once in `details.problems`
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  // @source Microsoft Learn, App Service environment variables: WEBSITE_INSTANCE_ID is set on Azure only
  const onAzure = (env['WEBSITE_INSTANCE_ID'] ?? '') !== '';
  const problems: ConfigProblem[] = [];
  const values: Record<string, unknown> = { onAzure };
  for (const [name, setting] of Object.entries<Setting>(settings)) {
    const raw = env[name] === '' ? undefined : env[name];
    const parsed = setting.schema.safeParse(raw);
    if (!parsed.success) {
      const expected = parsed.error.issues.map((issue) => issue.message).join('; ');
      problems.push({
        setting: name as SettingName,
        problem: raw === undefined ? 'is missing' : `is not valid: ${expected}`,
        fix: setting.about,
      });
      continue;
    }
    values[name] = parsed.data;
    if (!onAzure || parsed.data === undefined) continue;
    if (setting.localOnly === true)
      problems.push({
        setting: name as SettingName,
        problem: 'is for a laptop only',
        fix: 'Remove it; on Azure the managed identity is used.',
      });
    if (isLoopback(parsed.data))
      problems.push({
        setting: name as SettingName,
        problem: 'names this machine',
        fix: 'Name the service on Azure; a development stand-in is refused there.',
      });
  }
  const config = values as Config;
  if (problems.length === 0) problems.push(...crossChecks(config));
  if (problems.length > 0) {
    const lines = problems.map((one) => `${one.setting} ${one.problem} (${one.fix})`);
    throw new WhenceError('core.config-invalid', `App settings: ${lines.join('; ')}`, { details: { problems } });
  }
  return config;
}

function crossChecks(config: Config): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (config.onAzure && config.WHENCE_STAGE === 'local')
    problems.push({ setting: 'WHENCE_STAGE', problem: 'is local on Azure', fix: 'Set dev, test or prod.' });
  if (config.WHENCE_TABLE_URL === undefined && config.WHENCE_STORAGE_CONNECTION === undefined)
    problems.push({
      setting: 'WHENCE_TABLE_URL',
      problem: 'is missing',
      fix: 'Set it, or on a laptop WHENCE_STORAGE_CONNECTION.',
    });
  if (config.ServiceBusConnection === undefined && config.ServiceBusConnection__fullyQualifiedNamespace === undefined)
    problems.push({
      setting: 'ServiceBusConnection__fullyQualifiedNamespace',
      problem: 'is missing',
      fix: 'Set it, or on a laptop ServiceBusConnection.',
    });
  return problems;
}
