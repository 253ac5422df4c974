/** An object whose members are there or not, but never `undefined`. */
export type Present<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/**
 * Keeps the members that have a value.
 *
 * @param members - members that may be `undefined`
 * @returns the same without those that are
 */
export function present<T extends object>(members: T): Present<T> {
  const kept = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Present<T>;
}
