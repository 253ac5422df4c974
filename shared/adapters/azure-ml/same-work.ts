/**
 * Whether a thing that Azure ML has under a name does what was asked for under it. Its tags alone do not say: whoever may
 * write to the workspace can be first, with any tag. Only members that say what runs, with what and where to are looked
 * at, where both sides have them; what the service spells in another way is the same. Pure.
 *
 * @source azure-facts.md 3.4: what bodies hold, short and long form of addresses
 */
import { isRecord } from '#shared/domain/is-record.ts';

import { isSameCondaFile, isSameText } from './same-text.ts';

type Properties = Readonly<Record<string, unknown>>;

const setOf = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** Members that matter, at any depth. */
const matter = setOf(
  'codeUri dataUri modelUri jobName modelType image build contextUri dockerfilePath condaFile componentSpec jobType ' +
    'command code codeId environment environmentId component componentId computeId trial jobs inputs outputs uri value ' +
    'environmentVariables environment_variables',
);
/** Members whose own members have names of a pipeline's choice: all of them matter. */
const maps = setOf('inputs outputs jobs environmentVariables environment_variables');
/** Of these, those to which the service adds, as the output `default` of every job; nothing reads what is added. */
const open = setOf('inputs outputs');
/** Members that the service neither makes up nor leaves out, and with which other things run. */
const decisive = setOf('build condaFile code codeId command trial');

/**
 * Compares what is there with what was asked for.
 *
 * @param asked - properties of the request
 * @param found - properties, as a GET tells them
 * @param workspaceId - ARM id of the workspace
 * @returns path of the first member that differs; undefined: it is the same work
 */
export function differenceOf(asked: Properties, found: Properties, workspaceId: string): string | undefined {
  return differs(asked, found, [], workspaceId)?.join('.');
}

type Path = readonly string[];

function differs(asked: unknown, found: unknown, path: Path, workspaceId: string): Path | undefined {
  if (isRecord(asked) && isRecord(found)) {
    for (const key of namesOf(asked, found, path)) {
      const at = [...path, key];
      if (isEmpty(asked[key]) || isEmpty(found[key])) {
        if (isOneSided(asked[key], found[key], at)) return at;
        continue;
      }
      const difference = differs(asked[key], found[key], at, workspaceId);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  const [one, other] = [textOf(asked), textOf(found)];
  const isSame =
    path.at(-1) === 'condaFile' ? isSameCondaFile(one, other) : isSameText(one, other, { path, workspaceId });
  return isSame ? undefined : path;
}

/** Names of members to look at. */
function namesOf(asked: Properties, found: Properties, path: Path): readonly string[] {
  const names = [...new Set([...Object.keys(asked), ...Object.keys(found)])];
  if (!isMap(path)) return names.filter((name) => matter.has(name));
  return open.has(path.at(-1) ?? '') ? Object.keys(asked) : names.filter((name) => !name.startsWith('AZUREML'));
}

/** Whether a member that one side lacks makes it another work. */
function isOneSided(asked: unknown, found: unknown, path: Path): boolean {
  if (isMap(path.slice(0, -1))) return isNothing(asked) !== isNothing(found);
  if (isEmpty(asked) === isEmpty(found)) return false;
  const key = path.at(-1) ?? '';
  return decisive.has(key) || (key === 'jobs' && isEmpty(asked));
}

/** A map in a map is a member of that name: an input can be called `jobs`. */
function isMap(path: Path): boolean {
  return maps.has(path.at(-1) ?? '') && !isMap(path.slice(0, -1));
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isEmpty(value: unknown): boolean {
  return isNothing(value) || (isRecord(value) && Object.keys(value).length === 0);
}

/** A binding is a text, or an object around it. */
function textOf(value: unknown): string {
  if (isRecord(value)) return textOf(value['value'] ?? value['uri'] ?? value['path'] ?? JSON.stringify(value));
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
