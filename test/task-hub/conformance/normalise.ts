/** Takes out of recordings and performances what differs from one recording to the next. README of the fixtures. */

const GUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/g;
const TIME = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?/g;
/** Dates that the recorded app writes itself. */
const WRITTEN = /^2026-01-02T03:04:05/;
const HOST = /https?:\/\/127\.0\.0\.1:\d+/g;
const HUB = /(taskHub|connection|code)=[^&"\s]*&?/g;
const STACK = /\r?\n +at [\s\S]*$/;
/** Stack of a failed child, in the text of its failure. */
const STACK_OF_CHILD = /, StackTrace: [\s\S]*$/;
/** Ids shorter than this were given by the caller and are the same on both sides. */
const SHORT = 20;
/** Names of functions, in any order. */
const KNOWN = /known orchestrator functions: .*/s;
/** A .NET exception at the end of a text, at any depth of quoting: what it says stands before it already. */
const EXCEPTION = /\{\\*"\$type\\*":\\*"System\.[\s\S]*$/;

/**
 * @param ids - instance ids of this side, each with the name that both sides get
 * @returns the value without times, random ids, addresses and stack traces
 */
export function normalise(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return normaliseText(value, ids);
  if (value instanceof Date) return '<time>';
  if (Array.isArray(value)) return value.map((item) => normalise(item, ids));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value);
  if ('statusQueryGetUri' in value || '$managementUrls' in value)
    return { id: normalise((value as unknown as { readonly id: unknown }).id, ids), $managementUrls: true };
  return Object.fromEntries(
    members.filter(([key]) => !/StackTrace/i.test(key)).map(([key, item]) => [key, normalise(item, ids)]),
  );
}

function normaliseText(text: string, ids: ReadonlyMap<string, string>): unknown {
  if (/^[[{]/.test(text)) {
    const inner = parse(text);
    if (inner !== undefined) return { json: normalise(inner, ids) };
  }
  let plain = text;
  for (const [id, name] of ids) if (id.length >= SHORT) plain = plain.replaceAll(id, name);
  return plain
    .replace(KNOWN, 'known orchestrator functions: <names>')
    .replace(EXCEPTION, '<exception>')
    .replace(STACK, '')
    .replace(STACK_OF_CHILD, '')
    .replaceAll(TIME, (time) => (WRITTEN.test(time) ? time : '<time>'))
    .replaceAll(GUID, '<guid>')
    .replaceAll(HOST, '<host>')
    .replaceAll(HUB, '')
    .replace(/[?&]$/, '');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
