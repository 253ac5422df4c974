import { LineCounter, parseAllDocuments, type Document, type YAMLError } from 'yaml';

import { limits } from '../limits.ts';

import type { Problem, ProblemText } from './problem.ts';
import { pythonScalarTags } from './scalars.ts';
import { toSourceDocument, UnreadableNode, type SourceDocument } from './source-document.ts';

/** How plain scalars are read: `core` is YAML 1.2; `python` is what Azure ML's own tools do. */
export type YamlDialect = 'core' | 'python';

/** Either a document or what is wrong with the text. */
export type ParsedYaml =
  | { readonly document: SourceDocument; readonly problems?: never }
  | { readonly document?: never; readonly problems: readonly Problem[] };

/**
 * Reads one YAML document. Anchors, aliases and merges are supported.
 *
 * @param file - path for the problems
 * @param bytes - the file, UTF-8, with or without a byte order mark
 * @param dialect - see {@link YamlDialect}
 */
export function parseYaml(file: string, bytes: Uint8Array, dialect: YamlDialect): ParsedYaml {
  const whole = (text: ProblemText): ParsedYaml => ({ problems: [{ ...text, file, path: '', line: 1, column: 1 }] });
  if (bytes.length > limits.yamlBytes) return whole(tooLarge);
  const text = decode(bytes);
  if (text === undefined) return whole(notUtf8);

  const lineCounter = new LineCounter();
  const documents = parse(text, dialect, lineCounter);
  const at = (offset: number, words: ProblemText): Problem => {
    const { line, col } = lineCounter.linePos(offset);
    return { ...words, file, path: '', line, column: col };
  };
  const [document, second] = documents;
  if (document === undefined || (document.contents === null && document.errors.length === 0)) return whole(empty);
  const problems = [...document.errors, ...document.warnings].map((error) => at(error.pos[0], explain(error)));
  if (second !== undefined) problems.push(at(startOf(second), severalDocuments));
  if (problems.length > 0) return { problems };
  try {
    return { document: toSourceDocument(file, document, lineCounter) };
  } catch (error) {
    if (error instanceof UnreadableNode) return { problems: [at(error.offset, error.text)] };
    throw error;
  }
}

function parse(text: string, dialect: YamlDialect, lineCounter: LineCounter): readonly Document[] {
  const common = { merge: true, stringKeys: true, lineCounter, prettyErrors: false, strict: true } as const;
  const documents =
    dialect === 'core'
      ? parseAllDocuments(text, { ...common, schema: 'core' })
      : parseAllDocuments(text, { ...common, schema: 'failsafe', customTags: [...pythonScalarTags] });
  return Array.isArray(documents) ? documents : [];
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function startOf(document: Document): number {
  return document.contents?.range?.[0] ?? document.range?.[0] ?? 0;
}

function explain(error: YAMLError): ProblemText {
  if (error.code === 'TAB_AS_INDENT') {
    return {
      code: 'tab',
      message: 'A tab indents this line.',
      expected: 'spaces',
      fix: 'Replace the tab by spaces, two a level.',
    };
  }
  if (error.code === 'DUPLICATE_KEY') {
    return {
      code: 'duplicate-key',
      message: 'This key stands here a second time in the same map.',
      expected: 'every key once',
      fix: 'Remove one of the two.',
    };
  }
  return {
    code: 'not-yaml',
    message: `This is not YAML: ${error.message}.`,
    expected: 'a YAML document',
    fix: 'Correct the indentation, quotes or brackets here; text with `: `, `#` or brackets in it needs quotes.',
  };
}

const empty: ProblemText = {
  code: 'empty',
  message: 'The file says nothing.',
  expected: 'a YAML document',
  fix: 'Write the document; `whence pipeline init` makes a folder to start from.',
};

const severalDocuments: ProblemText = {
  code: 'several-documents',
  message: 'A second YAML document begins here.',
  expected: 'one document a file',
  fix: 'Remove the `---` or `...` before it, or move the document to a file of its own.',
};

const tooLarge: ProblemText = {
  code: 'too-large',
  message: `The file is larger than ${limits.yamlBytes} bytes.`,
  expected: `at most ${limits.yamlBytes} bytes`,
  fix: 'Make it smaller; data does not belong into a definition.',
};

const notUtf8: ProblemText = {
  code: 'not-yaml',
  message: 'The file is not UTF-8 text.',
  expected: 'a YAML document in UTF-8',
  fix: 'Save it as UTF-8.',
};
