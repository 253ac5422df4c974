/**
 * Globs over blob paths, matched in time that grows with the path and not with its powers: glob libraries make regular
 * expressions that backtrack, and a blob's name is chosen by whoever delivers data.
 *
 * `*` is any text in a folder's or file's name, `?` one character, `[a-z]` and `[!a-z]` one of (or none of) these, `{a,b}`
 * either, and `**` as a whole name any folders, also none. Names that begin with a dot match only where the glob has that
 * dot. The same as picomatch without extended globs; a test compares the two.
 */

/** A glob that was read. */
export interface PathGlob {
  /** What the glob says without its braces, each as names between slashes. */
  readonly alternatives: readonly (readonly Name[])[];
}

/** One name of a path: any folders, or a text to match. */
type Name = 'folders' | readonly Part[];
/** One character that passes a test, or any text. */
type Part = 'text' | ((character: string) => boolean);

/** Alternatives that braces may make. */
const MOST_ALTERNATIVES = 64;

/** @returns the glob, or why it is none, for people */
export function parseGlob(glob: string): { readonly glob: PathGlob } | { readonly problem: string } {
  if (glob.startsWith('/') || glob.includes('//'))
    return { problem: 'paths in a container have no leading or empty name' };
  if (glob.split('/').includes('..')) return { problem: '`..` leads out of the container' };
  const foreign = /[\\()|]/.exec(glob)?.[0];
  if (foreign !== undefined) return { problem: `\`${foreign}\` is not served: use *, **, ?, [a-z] and {a,b}` };
  const expanded = expandBraces(glob);
  if (expanded === undefined)
    return { problem: `braces are one level deep, closed, and make at most ${MOST_ALTERNATIVES} globs` };
  const alternatives: Name[][] = [];
  for (const one of expanded) {
    const names = one.split('/').map(parseName);
    if (names.includes(undefined)) return { problem: 'a `[` is not closed' };
    alternatives.push(names.filter((name) => name !== undefined));
  }
  return { glob: { alternatives } };
}

/** @returns whether a path matches */
export function matchesGlob({ alternatives }: PathGlob, path: string): boolean {
  const names = path.split('/');
  return alternatives.some((wanted) => matchesSequence(wanted, names, pathRules));
}

/** The names in front of the first wildcard, with their slash: what a listing can be narrowed to. */
export function literalPrefix(glob: string): string {
  const names = glob.split('/');
  const first = names.findIndex((name) => /[*?[{]/.test(name));
  return first === -1
    ? glob
    : names
        .slice(0, first)
        .map((name) => `${name}/`)
        .join('');
}

/** @returns the glob once for each choice of its braces; undefined: nested, not closed, or too many */
function expandBraces(glob: string): readonly string[] | undefined {
  const open = glob.indexOf('{');
  if (open === -1) return glob.includes('}') ? undefined : [glob];
  const close = glob.indexOf('}', open);
  const inside = glob.slice(open + 1, close);
  if (close === -1 || inside.includes('{') || glob.slice(0, open).includes('}')) return undefined;
  const rest = expandBraces(glob.slice(close + 1));
  if (rest === undefined) return undefined;
  const all = inside.split(',').flatMap((choice) => rest.map((end) => `${glob.slice(0, open)}${choice}${end}`));
  return all.length > MOST_ALTERNATIVES ? undefined : all;
}

function parseName(name: string): Name | undefined {
  if (name === '**') return 'folders';
  const parts: Part[] = [];
  for (let at = 0; at < name.length; at += 1) {
    const character = name[at] ?? '';
    if (character === '*') {
      if (parts.at(-1) !== 'text') parts.push('text');
    } else if (character === '?') parts.push(() => true);
    else if (character === '[') {
      const close = name.indexOf(']', at + 2);
      if (close === -1) return undefined;
      parts.push(oneOf(name.slice(at + 1, close)));
      at = close;
    } else parts.push((one) => one === character);
  }
  return withoutHidden(name, parts);
}

/** A wildcard at the beginning of a name does not match a dot there. */
function withoutHidden(name: string, parts: readonly Part[]): readonly Part[] {
  const [first, ...rest] = parts;
  if (name.startsWith('.') || first === undefined || first === 'text') return parts;
  return [(character) => character !== '.' && first(character), ...rest];
}

/** @param inside - of the brackets: characters and ranges, with `!` or `^` in front for none of them */
function oneOf(inside: string): (character: string) => boolean {
  const isNot = /^[!^]/.test(inside);
  const set = isNot ? inside.slice(1) : inside;
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < set.length; at += 1) {
    const from = set[at] ?? '';
    const to = set[at + 1] === '-' ? set[at + 2] : undefined;
    ranges.push([from, to ?? from]);
    if (to !== undefined) at += 2;
  }
  return (character) => ranges.some(([from, to]) => character >= from && character <= to) !== isNot;
}

/** How items are matched. */
interface Rules<Wanted, Item> {
  /** Whether a wanted one stands for any number of items. */
  readonly isAny: (one: Wanted) => boolean;
  /** Whether such a one may stand for an item. */
  readonly mayTake: (item: Item) => boolean;
  readonly isMatch: (one: Wanted, item: Item) => boolean;
}

const pathRules: Rules<Name, string> = {
  isAny: (name) => name === 'folders',
  mayTake: (text) => !text.startsWith('.'),
  isMatch: (name, text) => {
    if (name === 'folders' || (name[0] === 'text' && text.startsWith('.'))) return false;
    return matchesSequence(name, text.split(''), nameRules);
  },
};

const nameRules: Rules<Part, string> = {
  isAny: (part) => part === 'text',
  mayTake: () => true,
  isMatch: (part, character) => part !== 'text' && part(character),
};

/**
 * Matches items against wanted ones, of which some stand for any number of items. Going back to the last of these is
 * enough: what an earlier one could take more, the later one can take too. So it takes at most items × wanted steps.
 */
function matchesSequence<Wanted, Item>(
  wanted: readonly Wanted[],
  items: readonly Item[],
  { isAny, mayTake, isMatch }: Rules<Wanted, Item>,
): boolean {
  let back: { readonly wanted: number; readonly item: number } | undefined;
  let at = 0;
  let item = 0;
  while (item < items.length) {
    const one = wanted[at];
    const here = items[item];
    if (one !== undefined && isAny(one)) {
      at += 1;
      back = { wanted: at, item };
    } else if (one !== undefined && here !== undefined && isMatch(one, here)) {
      at += 1;
      item += 1;
    } else {
      const taken = back === undefined ? undefined : items[back.item];
      if (back === undefined || taken === undefined || !mayTake(taken)) return false;
      back = { wanted: back.wanted, item: back.item + 1 };
      at = back.wanted;
      item = back.item;
    }
  }
  return wanted.slice(at).every(isAny);
}
