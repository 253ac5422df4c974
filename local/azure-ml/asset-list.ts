/** What lists of assets are asked for: archived ones or not, by description, version, tags and properties, in an order. */
import { invalid } from './arm-error.ts';
import type { Call } from './call.ts';

/** What an asset is listed by. */
export interface Described {
  readonly name: string;
  readonly description: unknown;
  readonly isArchived: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
}

/** Orders that the service has, of assets and of endpoints. @source azure-ai-ml, ARM OrderString; newest first where nothing is said */
const orders = [
  'createdtime asc',
  'createdtime desc',
  'updatedtime asc',
  'updatedtime desc',
  'createdatasc',
  'createdatdesc',
  'updatedatasc',
  'updatedatdesc',
] as const;

/**
 * @param all - newest first
 * @returns those that a call asks for, in its order
 * @throws {ArmError} 400: it asks for an order that there is none of
 */
export function listed<One>({ url }: Call, all: readonly One[], describe: (one: One) => Described): readonly One[] {
  const asked = (name: string): string | undefined =>
    url.searchParams.get(name) ?? url.searchParams.get(`$${name}`) ?? undefined;
  const order = asked('orderBy')?.toLowerCase();
  if (order !== undefined && !orders.some((known) => known === order))
    throw invalid(`"${order}" is no order: one of ${orders.join(', ')}.`);
  const view = asked('listViewType') ?? 'ActiveOnly';
  const chosen = all.filter((one) => {
    const { name, description, isArchived, tags, properties } = describe(one);
    if (view !== 'All' && (view === 'ArchivedOnly') !== isArchived) return false;
    if (asked('version') !== undefined && asked('version') !== name) return false;
    if (asked('description') !== undefined && asked('description') !== description) return false;
    return has(tags, asked('tags')) && has(properties, asked('properties'));
  });
  // A hash is a property that code has. @source test-material.md 2.1: `GET codes/{id}/versions?hash=`
  const hash = asked('hash');
  const hashed = hash === undefined ? chosen : chosen.filter((one) => describe(one).properties['hash_sha256'] === hash);
  const offset = Number(asked('offset') ?? 0);
  return (order?.endsWith('asc') === true ? hashed.toReversed() : hashed).slice(offset);
}

/** @param wanted - `name` or `name=value`, several with commas */
function has(words: Readonly<Record<string, string>>, wanted: string | undefined): boolean {
  return (wanted ?? '')
    .split(',')
    .filter((one) => one !== '')
    .every((one) => {
      const [name = '', value] = one.split('=');
      return Object.hasOwn(words, name) && (value === undefined || words[name] === value);
    });
}
