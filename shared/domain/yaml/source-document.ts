/**
 * A YAML file as values that still know where they were written: aliases and merges are resolved, every path has a
 * position, and numbers keep the text of the file.
 */
import { isAlias, isMap, isScalar, isSeq, type Document, type LineCounter, type Node, type Pair } from 'yaml';

import { limits } from '../limits.ts';

import { formatPath, type PathStep, type Position, type Problem, type ProblemText } from './problem.ts';

/** A parsed file. */
export interface SourceDocument {
  /** Path of the file, `/` between folders. */
  readonly file: string;
  /** The values as plain JSON data. */
  readonly value: unknown;
  /** @returns where the value, or with `key` its key, stands; the nearest parent's place for what isn't there */
  position(path: readonly PathStep[], part?: 'key' | 'value'): Position;
  /** @returns the text of a plain scalar as in the file, or undefined for anything else */
  plainText(path: readonly PathStep[]): string | undefined;
  /** @returns a problem with the words given, at the place of `path` */
  problem(path: readonly PathStep[], text: ProblemText, part?: 'key' | 'value'): Problem;
}

interface Place {
  readonly key: Position;
  readonly value: Position;
  readonly plainText?: string;
}

/** Why a document could not be turned into values; `offset` says where. */
export class UnreadableNode extends Error {
  override readonly name = 'UnreadableNode';
  readonly offset: number;
  readonly text: ProblemText;
  constructor(offset: number, text: ProblemText) {
    super(text.message);
    this.offset = offset;
    this.text = text;
  }
}

/**
 * @param file - path for the problems
 * @param document - a document without errors
 * @param lineCounter - the one it was parsed with
 * @throws UnreadableNode for unresolved or circular aliases, wrong merges and documents that grow too large
 */
export function toSourceDocument(file: string, document: Document, lineCounter: LineCounter): SourceDocument {
  const builder = new Builder(document, lineCounter);
  const root = document.contents;
  const value = root === null ? null : builder.build(root as Node, [], builder.at(root as Node), []);
  const places = builder.places;
  const find = (path: readonly PathStep[]): Place => {
    for (let length = path.length; length > 0; length--) {
      const place = places.get(keyOf(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return places.get('') ?? { key: { line: 1, column: 1 }, value: { line: 1, column: 1 } };
  };
  const position = (path: readonly PathStep[], part: 'key' | 'value' = 'value'): Position => {
    const place = find(path);
    return places.has(keyOf(path)) && part === 'value' ? place.value : place.key;
  };
  return {
    file,
    value,
    position,
    plainText: (path) => places.get(keyOf(path))?.plainText,
    problem: (path, text, part = 'value') => ({ ...text, file, path: formatPath(path), ...position(path, part) }),
  };
}

/** Walks the tree once; counts nodes, so that aliases of aliases cannot fill the memory. */
class Builder {
  readonly places = new Map<string, Place>();
  readonly #document: Document;
  readonly #lineCounter: LineCounter;
  #nodes = 0;

  constructor(document: Document, lineCounter: LineCounter) {
    this.#document = document;
    this.#lineCounter = lineCounter;
  }

  at(node: unknown): Position {
    const { line, col } = this.#lineCounter.linePos(offsetOf(node));
    return { line, column: col };
  }

  build(node: unknown, path: readonly PathStep[], key: Position, open: readonly unknown[]): unknown {
    this.#nodes += 1;
    if (this.#nodes > limits.yamlNodes || path.length > limits.yamlDepth) throw tooLarge(node);
    if (isAlias(node)) return this.build(this.#target(node, open), path, key, [...open, node.source]);
    const plain = isScalar(node) && node.type === 'PLAIN' ? node.source : undefined;
    const place: Place = { key, value: this.at(node), ...(plain === undefined ? {} : { plainText: plain }) };
    this.places.set(keyOf(path), place);
    if (isMap(node)) return this.#map(node.items, path, open);
    if (isSeq(node)) return node.items.map((item, index) => this.build(item, [...path, index], this.at(item), open));
    return isScalar(node) ? node.value : null;
  }

  #map(pairs: readonly Pair[], path: readonly PathStep[], open: readonly unknown[]): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    for (const pair of pairs.filter((candidate) => !isMergeKey(candidate.key))) {
      const name = nameOf(pair.key);
      if (name === '__proto__') throw new UnreadableNode(offsetOf(pair.key), protoText);
      entries.set(name, this.build(pair.value, [...path, name], this.at(pair.key), open));
    }
    const merges = pairs.filter((candidate) => isMergeKey(candidate.key));
    for (const pair of merges) {
      for (const source of this.#mergeSources(pair.value, open)) this.#merge(source.pairs, source.open, path, entries);
    }
    return Object.fromEntries(entries);
  }

  /** Adds what isn't there yet; a merged map may itself merge others. */
  #merge(
    pairs: readonly Pair[],
    open: readonly unknown[],
    path: readonly PathStep[],
    entries: Map<string, unknown>,
  ): void {
    const plain = pairs.filter((pair) => !isMergeKey(pair.key));
    for (const pair of plain) {
      const name = nameOf(pair.key);
      if (entries.has(name)) continue;
      entries.set(name, this.build(pair.value, [...path, name], this.at(pair.key), open));
    }
    for (const pair of pairs.filter((candidate) => isMergeKey(candidate.key))) {
      for (const source of this.#mergeSources(pair.value, open)) this.#merge(source.pairs, source.open, path, entries);
    }
  }

  #mergeSources(node: unknown, open: readonly unknown[]): { pairs: readonly Pair[]; open: readonly unknown[] }[] {
    if (isAlias(node)) return this.#mergeSources(this.#target(node, open), [...open, node.source]);
    if (isMap(node)) return [{ pairs: node.items, open }];
    if (isSeq(node)) return node.items.flatMap((item) => this.#mergeSources(item, open));
    throw new UnreadableNode(offsetOf(node), {
      code: 'wrong-type',
      message: 'A merge (`<<`) must name a map or a list of maps.',
      expected: 'an alias of a map, as in `<<: *defaults`',
      fix: 'Write the alias of a map behind `<<:`, or remove the merge.',
    });
  }

  #target(node: unknown, open: readonly unknown[]): unknown {
    if (!isAlias(node)) return node;
    const target = node.resolve(this.#document);
    if (target === undefined || open.includes(node.source)) {
      throw new UnreadableNode(offsetOf(node), {
        code: 'not-yaml',
        message: `The alias \`*${node.source}\` ${target === undefined ? 'names no anchor before it' : 'contains itself'}.`,
        expected: 'an alias of an anchor (`&name`) that stands before it',
        fix: 'Correct the name of the alias, or write the value in its place.',
      });
    }
    return target;
  }
}

const protoText: ProblemText = {
  code: 'unknown-key',
  message: '`__proto__` is no key.',
  expected: 'a key that the file knows',
  fix: 'Remove it.',
};

function tooLarge(node: unknown): UnreadableNode {
  return new UnreadableNode(offsetOf(node), {
    code: 'too-large',
    message: `With its aliases the document has more than ${limits.yamlNodes} values or is nested deeper than ${limits.yamlDepth}.`,
    expected: 'a file that a person can read',
    fix: 'Write fewer aliases, or split the file.',
  });
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function offsetOf(node: unknown): number {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : 0;
}

function keyOf(path: readonly PathStep[]): string {
  return path.length === 0 ? '' : JSON.stringify(path);
}
