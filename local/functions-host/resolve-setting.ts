/** Settings by name, as the process has them. */
export type Settings = Readonly<Record<string, string | undefined>>;

/**
 * `%NAME%` in a binding or in host.json stands for the setting of that name.
 *
 * @param where - whose text it is, for the message
 * @throws {Error} the setting is not set; in Azure the function would be disabled silently
 */
export function resolveSetting(text: string, settings: Settings, where: string): string {
  return text.replaceAll(/%(\w+)%/g, (_match, name: string) => {
    const value = settings[name];
    if (value === undefined) throw new Error(`${where} names the setting %${name}%, which is not set.`);
    return value;
  });
}
